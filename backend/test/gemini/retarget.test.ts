import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultFallbackReasons, fallbackTargets, keysOf } from '../../gemini/retarget/fallbackTargets.ts';
import { type RequestFacts, type RetargetRefusal, type RetargetTo, retarget } from '../../gemini/retarget/retarget.ts';
import { OptionError } from '../../resilience/optionError.ts';

const gemini = 'https://generativelanguage.googleapis.com';
const flash = `${gemini}/v1beta/models/gemini-flash:generateContent`;
const inProject = (location: string, rest: string) => `v1/projects/p-1/locations/${location}/${rest}`;
const cloud = (host: string, location: string, model = 'gemini-flash') =>
  `https://${host}/${inProject(location, `publishers/google/models/${model}:generateContent`)}`;

const prompt = { contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }] };

const facts = (url: string, body: object = prompt, parts: Partial<RequestFacts> = {}): RequestFacts => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-goog-api-key': 'key-one' },
  body: JSON.stringify(body),
  ...parts,
});

function requestOf(from: RequestFacts, to: RetargetTo, writer?: string): RequestFacts {
  const result = retarget(from, to, writer);
  if ('refused' in result) throw new Error(result.refused);
  return result.request;
}

const refusalOf = (from: RequestFacts, to: RetargetTo, writer?: string): RetargetRefusal | undefined => {
  const result = retarget(from, to, writer);
  return 'refused' in result ? result.refused : undefined;
};

const central = cloud('us-central1-aiplatform.googleapis.com', 'us-central1');

describe('the address', () => {
  const rows: [string, string, RetargetTo, string][] = [
    // what, before, target, after
    ['a model', flash, { model: 'gemini-pro' }, flash.replace('flash', 'pro')],
    ['a model by its full name', flash, { model: 'models/gemini-pro' }, flash.replace('flash', 'pro')],
    [
      'a stream keeps its query',
      `${gemini}/v1beta/models/gemini-flash:streamGenerateContent?alt=sse`,
      { model: 'gemini-pro' },
      `${gemini}/v1beta/models/gemini-pro:streamGenerateContent?alt=sse`,
    ],
    [
      'counting',
      `${gemini}/v1/models/gemini-flash:countTokens`,
      { model: 'gemini-pro' },
      `${gemini}/v1/models/gemini-pro:countTokens`,
    ],
    [
      'a tuned model gives way to a plain one',
      `${gemini}/v1beta/tunedModels/mine-1:generateContent`,
      { model: 'gemini-pro' },
      `${gemini}/v1beta/models/gemini-pro:generateContent`,
    ],
    [
      'a gateway keeps its host and its path',
      'http://127.0.0.1:8080/proxy/v1beta/models/gemini-flash:generateContent',
      { model: 'gemini-pro' },
      'http://127.0.0.1:8080/proxy/v1beta/models/gemini-pro:generateContent',
    ],
    [
      'a model in the cloud',
      central,
      { model: 'gemini-pro' },
      cloud('us-central1-aiplatform.googleapis.com', 'us-central1', 'gemini-pro'),
    ],
    [
      'a model of another publisher gives way',
      central.replace('google/', 'other/'),
      { model: 'gemini-flash-2' },
      cloud('us-central1-aiplatform.googleapis.com', 'us-central1', 'gemini-flash-2'),
    ],
    [
      'a region',
      central,
      { location: 'europe-west4' },
      cloud('europe-west4-aiplatform.googleapis.com', 'europe-west4'),
    ],
    ['a region to global', central, { location: 'global' }, cloud('aiplatform.googleapis.com', 'global')],
    ['global to a region', cloud('aiplatform.googleapis.com', 'global'), { location: 'us-central1' }, central],
    ['to several regions', central, { location: 'eu' }, cloud('aiplatform.eu.rep.googleapis.com', 'eu')],
    ['from several regions', cloud('aiplatform.us.rep.googleapis.com', 'us'), { location: 'us-central1' }, central],
    [
      'a region behind a gateway',
      cloud('gateway.example', 'us-central1'),
      { location: 'europe-west4' },
      cloud('gateway.example', 'europe-west4'),
    ],
    [
      'model and region at once',
      central,
      { model: 'gemini-pro', location: 'global' },
      cloud('aiplatform.googleapis.com', 'global', 'gemini-pro'),
    ],
    [
      'the cloud without a project',
      'https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-flash:generateContent',
      { model: 'gemini-pro' },
      'https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-pro:generateContent',
    ],
  ];
  it.each(rows)('%s', (_what, before, to, after) => {
    expect(requestOf(facts(before), to).url).toBe(after);
  });
});

describe('the key', () => {
  it('is replaced where it stands, whatever the header is called', () => {
    for (const name of ['x-goog-api-key', 'X-Goog-Api-Key']) {
      const headers = { [name]: 'key-one', other: 'stays' };
      expect(requestOf(facts(flash, prompt, { headers }), { apiKey: 'key-two' }).headers).toEqual({
        [name]: 'key-two',
        other: 'stays',
      });
    }
  });

  it('is replaced in the address as well', () => {
    const headers = { 'content-type': 'application/json' };
    const before = facts(`${flash}?key=key-one&alt=sse`, prompt, { headers });
    expect(requestOf(before, { apiKey: 'key-two' })).toEqual({ ...before, url: `${flash}?key=key-two&alt=sse` });
  });

  it('nothing else changes, and what was given stays as it was', () => {
    const before = facts(flash);
    const frozen = structuredClone(before);
    const after = requestOf(before, { apiKey: 'key-two' });
    expect(after).toEqual({ ...before, headers: { ...before.headers, 'x-goog-api-key': 'key-two' } });
    expect(before).toEqual(frozen);
  });
});

describe('the body', () => {
  it('stays the same text, character by character', () => {
    const body = '{ "contents": [ { "parts": [ { "text": "1" } ] } ], "seed": 12345678901234567890 }';
    expect(requestOf(facts(flash, prompt, { body }), { model: 'gemini-pro' }).body).toBe(body);
  });

  it.each([
    [
      { model: 'models/gemini-flash', ...prompt },
      { model: 'models/gemini-pro', ...prompt },
    ],
    [
      { generateContentRequest: { model: 'models/gemini-flash', ...prompt } },
      { generateContentRequest: { model: 'models/gemini-pro', ...prompt } },
    ],
    [
      { generate_content_request: { model: 'gemini-flash', ...prompt } },
      { generate_content_request: { model: 'gemini-pro', ...prompt } },
    ],
  ])('names the new model where it named the old: %j', (before, after) => {
    expect(JSON.parse(requestOf(facts(flash, before), { model: 'gemini-pro' }).body)).toEqual(after);
  });
});

const part = (one: object, role = 'model') => ({ contents: [{ role, parts: [{ text: 'x' }, one] }] });
const file = (fileUri: string) => part({ fileData: { mimeType: 'image/png', fileUri } }, 'user');
const uploaded = `${gemini}/v1beta/files/abc-123`;
const otherModel = { model: 'gemini-pro' };
const otherKey = { apiKey: 'key-two' };
const elsewhere = { location: 'europe-west4' };

describe('what binds a request', () => {
  const signed = part({ functionCall: { name: 'f' }, thoughtSignature: 'AbC=' });
  const rows: [string, string, object, RetargetTo, RetargetRefusal | undefined][] = [
    // what, address, body, target, refusal
    [
      'a cache and another model',
      flash,
      { ...prompt, cachedContent: 'cachedContents/1' },
      otherModel,
      'bound-to-cache',
    ],
    ['a cache and another key', flash, { ...prompt, cachedContent: 'cachedContents/1' }, otherKey, 'bound-to-cache'],
    ['a cache and another place', central, { ...prompt, cachedContent: 'x' }, elsewhere, 'bound-to-cache'],
    ['a cache by its other name', flash, { ...prompt, cached_content: 'x' }, otherModel, 'bound-to-cache'],
    [
      'a cache in what is counted',
      flash,
      { generateContentRequest: { cachedContent: 'x' } },
      otherModel,
      'bound-to-cache',
    ],
    ['a prompt about caches', flash, part({ text: '"cachedContent": "x"' }), otherModel, undefined],

    ['a file and another key', flash, file(uploaded), otherKey, 'bound-to-files'],
    ['a file by its name alone', flash, file('files/abc-123'), otherKey, 'bound-to-files'],
    [
      'a file by the field’s other name',
      flash,
      part({ file_data: { file_uri: uploaded } }),
      otherKey,
      'bound-to-files',
    ],
    [
      'a file in the instructions',
      flash,
      { systemInstruction: { parts: [{ fileData: { fileUri: uploaded } }] } },
      otherKey,
      'bound-to-files',
    ],
    [
      'a file in a function’s answer',
      ...([flash, part({ functionResponse: { parts: [{ fileData: { fileUri: uploaded } }] } }), otherKey] as const),
      'bound-to-files',
    ],
    [
      'a file through a gateway',
      flash,
      file('https://gateway.example/proxy/v1beta/files/abc'),
      otherKey,
      'bound-to-files',
    ],
    ['a file and another model', flash, file(uploaded), otherModel, undefined],
    ['a video of the web and another key', flash, file('https://www.youtube.com/watch?v=1'), otherKey, undefined],
    [
      'a picture of the web in a folder of that name',
      flash,
      file('https://example.com/files/a/b.png'),
      otherKey,
      undefined,
    ],
    ['a bucket and another place', central, file('gs://bucket/files/1'), elsewhere, undefined],
    [
      'a store and another key',
      flash,
      { ...prompt, tools: [{ fileSearch: { fileSearchStoreNames: ['s'] } }] },
      otherKey,
      'bound-to-files',
    ],
    [
      'a store in what is counted',
      flash,
      { generateContentRequest: { tools: [{ fileSearch: { fileSearchStoreNames: ['s'] } }] } },
      otherKey,
      'bound-to-files',
    ],
    [
      'a function’s own argument of that name',
      flash,
      part({ functionCall: { args: { fileUri: uploaded } } }),
      otherKey,
      undefined,
    ],

    ['a signature and another model', flash, signed, otherModel, 'thought-signatures'],
    ['a signature by its other name', flash, part({ thought_signature: 'AbC=' }), otherModel, 'thought-signatures'],
    ['a signature and another key', flash, signed, otherKey, undefined],
    ['a signature and another place', central, signed, elsewhere, undefined],
    [
      'the documented stand-in for one',
      flash,
      part({ thoughtSignature: 'skip_thought_signature_validator' }),
      otherModel,
      undefined,
    ],
    ['an empty one', flash, part({ thoughtSignature: '' }), otherModel, undefined],
    [
      'one in a function’s argument',
      flash,
      part({ functionCall: { args: { thoughtSignature: 'x' } } }),
      otherModel,
      undefined,
    ],

    [
      'a tuned model and another key',
      `${gemini}/v1beta/tunedModels/mine:generateContent`,
      prompt,
      otherKey,
      'bound-to-project',
    ],
    [
      'a corpus of the place',
      central,
      {
        ...prompt,
        tools: [
          {
            retrieval: {
              vertexRagStore: { ragResources: [{ ragCorpus: 'projects/p/locations/us-central1/ragCorpora/1' }] },
            },
          },
        ],
      },
      elsewhere,
      'bound-to-location',
    ],
    [
      'a corpus of another place',
      central,
      {
        ...prompt,
        tools: [{ retrieval: { vertexAiSearch: { datastore: 'projects/p/locations/global/collections/1' } } }],
      },
      elsewhere,
      undefined,
    ],
  ];
  it.each(rows)('%s', (_what, url, body, to, refusal) => {
    expect(refusalOf(facts(url, body), to)).toBe(refusal);
  });

  it('a history that the target itself wrote goes there, and to no third model', () => {
    expect(refusalOf(facts(flash, signed), otherModel, 'gemini-pro')).toBeUndefined();
    expect(refusalOf(facts(flash, signed), { model: 'gemini-lite' }, 'gemini-pro')).toBe('thought-signatures');
    expect(refusalOf(facts(flash, signed), otherKey, 'gemini-pro')).toBe('thought-signatures');
  });
});

describe('what cannot be sent elsewhere', () => {
  const rows: [string, RequestFacts, RetargetTo, RetargetRefusal][] = [
    ['vectors', facts(`${gemini}/v1beta/models/m:batchEmbedContents`), otherModel, 'operation'],
    ['a deletion', facts(`${gemini}/v1beta/files/abc`, {}, { method: 'DELETE' }), otherKey, 'operation'],
    ['a look at a model', facts(flash, {}, { method: 'GET' }), otherModel, 'operation'],
    ['no address', facts('models/gemini-flash'), otherModel, 'operation'],
    [
      'an endpoint of the cloud',
      facts(`https://us-central1-aiplatform.googleapis.com/${inProject('us-central1', 'endpoints/1:generateContent')}`),
      otherModel,
      'address',
    ],
    [
      'a tuned model of the cloud',
      facts(`https://us-central1-aiplatform.googleapis.com/${inProject('us-central1', 'models/1:generateContent')}`),
      otherModel,
      'address',
    ],
    ['half an address', facts('models/gemini-flash:generateContent'), otherModel, 'address'],
    ['an endless one', facts(`${gemini}/${'x/'.repeat(1_000)}models/m:generateContent`), otherModel, 'address'],
    ['another place without one', facts(flash), elsewhere, 'address'],
    ['a model that is a path', facts(flash), { model: '../secret' }, 'address'],
    [
      'another key where a token is the credential',
      facts(central, prompt, { headers: { authorization: 'x' } }),
      otherKey,
      'credentials',
    ],
    ['the same model', facts(flash), { model: 'models/gemini-flash' }, 'unchanged'],
    ['the same key', facts(flash), { apiKey: 'key-one' }, 'unchanged'],
    ['the same place', facts(central), { location: 'us-central1' }, 'unchanged'],
    ['nothing', facts(flash), {}, 'unchanged'],
    ['no JSON', facts(flash, prompt, { body: 'contents=x' }), otherModel, 'unreadable-body'],
    ['an array', facts(flash, prompt, { body: '[]' }), otherModel, 'unreadable-body'],
  ];
  it.each(rows)('%s', (_what, from, to, refusal) => {
    const result = retarget(from, to);
    expect(result).toMatchObject({ refused: refusal, message: expect.stringMatching(/\.$/) });
    expect(JSON.stringify(result)).not.toMatch(/key-|Say something/);
  });

  it('whatever the body holds, it is read without an exception, and either sent as it is or refused', () => {
    const check = (body: unknown): void => {
      const text = JSON.stringify(body) ?? '';
      const result = retarget(facts(flash, {}, { body: text }), { model: 'gemini-pro', apiKey: 'key-two' });
      if ('refused' in result) return;
      expect(JSON.parse(result.request.body)).toEqual(
        JSON.parse(text, (name, value) => (name === 'model' && typeof value === 'string' ? expect.any(String) : value)),
      );
    };
    const words = 'contents parts fileData fileUri thoughtSignature cachedContent tools model role text'.split(' ');
    const json = fc.letrec(tie => ({
      value: fc.oneof({ maxDepth: 5 }, fc.constantFrom('x', 'files/a', 1, null, true), tie('array'), tie('object')),
      array: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 4 }),
    })).object;
    fc.assert(fc.property(fc.oneof(json, fc.jsonValue()), check), { numRuns: 2_000 });
  });

  it('a body nested deeper than functions can call each other is read', () => {
    const deep = `${'['.repeat(200_000)}1${']'.repeat(200_000)}`;
    expect(refusalOf(facts(flash, {}, { body: `{"tools":${deep},"contents":${deep}}` }), otherModel)).toBeUndefined();
  });
});

describe('the setting', () => {
  it('is a list of models, or of what changes', () => {
    const targets = fallbackTargets('fallback', [
      'gemini-pro',
      { model: 'models/gemini-lite', location: 'global', when: ['server'] },
      { apiKey: 'key-two' },
      { location: 'europe-west4' },
      { model: 'gemini-pro', apiKey: 'key-three' },
    ]);
    expect(targets.map(({ name }) => name)).toEqual([
      'gemini-pro',
      'gemini-lite in global',
      'key 3',
      'the same model in europe-west4',
      'gemini-pro with key 5',
    ]);
    expect(targets.map(({ when }) => when)).toEqual([
      defaultFallbackReasons,
      ['server'],
      ...[defaultFallbackReasons, defaultFallbackReasons, defaultFallbackReasons],
    ]);
    expect(keysOf(targets)).toEqual(['key-two', 'key-three']);
  });

  const rows: [unknown, string][] = [
    ['gemini-pro', 'fallback is "gemini-pro", but must be an array of models or of targets.'],
    [[1], 'fallback[0] is 1, but must be an object.'],
    [[''], 'fallback[0].model is "", but must be the plain name of a model'],
    [['projects/p/models/m'], 'fallback[0].model is a text of 19 characters'],
    [['ok', {}], 'fallback[1] is a target that changes nothing'],
    [[{ modle: 'x' }], 'fallback[0].modle is no option'],
    [[{ apiKey: 'a secret' }], 'fallback[0].apiKey is a text of 8 characters, but must be a key of printable ASCII'],
    [[{ location: 'Europe' }], 'fallback[0].location is "Europe"'],
    [[{ model: 'm', when: 'server' }], 'fallback[0].when is "server", but must be an array.'],
    [[{ model: 'm', when: ['servre'] }], 'fallback[0].when[0] is "servre", but must be an error class or a reason.'],
  ];
  it.each(rows)('%j', (value, message) => {
    expect(() => fallbackTargets('fallback', value)).toThrow(OptionError);
    expect(() => fallbackTargets('fallback', value)).toThrow(message);
  });
});
