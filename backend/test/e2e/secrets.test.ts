import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inspect } from 'node:util';
import createDebug from 'debug';
import { afterEach, describe, expect, it } from 'vitest';
import { GeminiCore, type GeminiError, type ResilienceEvent, retryLine } from '../../index.ts';
import { bench } from './geminiClient.ts';

const key = 'planted-key-4711-abcdef';
const prompt = 'my secret diary: on the third of May I hid the silver spoon';

/** Answers as a server does that quotes what it was sent. */
function echoing(status: number): typeof fetch {
  return async (_input, init) => {
    const { contents } = JSON.parse(String(init?.body));
    const quoted = JSON.stringify(contents[0].parts[0].text);
    const sentKey = new Headers(init?.headers).get('x-goog-api-key');
    const message = `Invalid value at 'contents[0].parts[0].text': ${quoted}. Key ${sentKey}; see https://x/y?key=${sentKey}`;
    return Response.json({ error: { code: status, message, status: 'INVALID_ARGUMENT' } }, { status });
  };
}

/** Everything that a program might print or store of an error. */
function everyForm(error: GeminiError): string {
  return [
    String(error),
    error.message,
    error.stack,
    JSON.stringify(error),
    JSON.stringify({ error }),
    inspect(error, { depth: 10 }),
    inspect({ nested: [error] }, { depth: 10, showHidden: false }),
    JSON.stringify(error.failure),
    JSON.stringify(error.attempts),
    Object.values(error).map(String).join(),
  ].join('\n');
}

describe('neither key nor prompt is shown', () => {
  it.each([400, 403, 429, 500, 503])('by an error of status %i that quotes both', async status => {
    const events: ResilienceEvent[] = [];
    const gemini = new GeminiCore({
      apiKey: key,
      environment: {},
      runtime: { sleep: async () => {} },
      httpOptions: { fetch: echoing(status) },
      onEvent: event => events.push(event),
    });
    const error = await gemini.callLlm(prompt).catch((caught: GeminiError) => caught);
    const shown = everyForm(error as GeminiError) + JSON.stringify(events) + events.map(retryLine).join('\n');
    expect(shown).toContain('Invalid value at');
    expect(shown).not.toContain(key);
    expect(shown).not.toContain('silver spoon');
    expect(shown).not.toContain('secret diary');
  });

  it('by an error that quotes only the beginning of a long prompt', async () => {
    const long = `${prompt} ${'and so on '.repeat(500)}`;
    const fetch: typeof globalThis.fetch = async () =>
      Response.json({ error: { code: 400, message: `Bad text: "${long.slice(0, 100)}…"` } }, { status: 400 });
    const gemini = new GeminiCore({ apiKey: key, environment: {}, httpOptions: { fetch } });
    const error = await gemini.callLlm(long).catch((caught: GeminiError) => caught);
    expect(everyForm(error as GeminiError)).not.toContain('silver spoon');
  });

  const echoes: [string, (text: string) => string][] = [
    ['escaped, as JSON has it', text => JSON.stringify(text)],
    ['with its lines joined', text => text.replaceAll('\n', ' ')],
    ['from its middle on', text => text.slice(30)],
    ['in capitals', text => text.toUpperCase()],
  ];
  it.each(echoes)('by an error that quotes a prompt of several lines %s', async (_name, echo) => {
    const lines = 'Dear diary,\nI hid the silver spoon\nunder the old oak tree\nbehind the house.';
    const fetch: typeof globalThis.fetch = async () =>
      Response.json({ error: { code: 400, message: `Invalid text: ${echo(lines)}` } }, { status: 400 });
    const gemini = new GeminiCore({ apiKey: key, environment: {}, httpOptions: { fetch } });
    const error = (await gemini.callLlm(lines).catch((caught: GeminiError) => caught)) as GeminiError;
    expect(everyForm(error)).toContain('Invalid text');
    expect(everyForm(error)).not.toMatch(/silver spoon|old oak|oak tree/i);
    expect(inspect(error, { customInspect: false, depth: 9 })).not.toMatch(/silver spoon|old oak/i);
  });

  it('by an error that nobody catches', () => {
    const program = join(import.meta.dirname, 'uncaughtProgram.ts');
    const { stderr, status } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      env: { ...process.env, PLANTED_KEY: key, PLANTED_PROMPT: prompt },
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('GeminiError');
    expect(stderr).not.toContain(key);
    expect(stderr).not.toContain('silver spoon');
  });

  it('by a key in the wrong place', () => {
    const wrong = [key, { retry: key }, { deadlineMs: key }, { [key]: 1 }, { model: 5, httpOptions: key }];
    for (const options of wrong) {
      try {
        new GeminiCore((typeof options === 'string' ? options : { apiKey: 'k', environment: {}, ...options }) as never);
        expect.fail('it was accepted');
      } catch (error) {
        expect(inspect(error, { customInspect: false, depth: 9 }) + everyForm(error as GeminiError)).not.toContain(
          '4711',
        );
      }
    }
  });

  it('by a broken stream, whose text is the program’s but not the log’s', async () => {
    await using at = await bench({ script: ['fin-mid-chunked'], answer: text => `You wrote: ${text}. `.repeat(5) });
    const read = async (): Promise<void> => {
      for await (const _chunk of at.gemini.callLlmStream(prompt)) {
        // Only the end matters.
      }
    };
    const error = (await read().catch((caught: GeminiError) => caught)) as GeminiError;
    expect(error.partialText).toContain('You wrote');
    expect(everyForm(error)).not.toContain('You wrote');
  });

  it('by wrong settings', () => {
    for (const apiKey of [`${key}\n`, `${key} `, 'schlüssel-4711']) {
      try {
        new GeminiCore({ apiKey, environment: {} });
        expect.fail('it was accepted');
      } catch (error) {
        expect(everyForm(error as GeminiError)).not.toContain('4711');
        expect(String(error)).toContain('apiKey');
      }
    }
  });

  it('by a whole run with every log switched on', () => {
    const program = join(import.meta.dirname, 'secretsProgram.ts');
    const { stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      env: { ...process.env, DEBUG: '*', PLANTED_KEY: key, PLANTED_PROMPT: prompt },
    });
    expect(stdout).toContain('done');
    expect(stderr).toContain('[RETRY]');
    for (const text of [stdout, stderr]) {
      expect(text).not.toContain(key);
      expect(text).not.toContain('silver spoon');
    }
  });
});

describe('[RETRY] lines', () => {
  afterEach(() => {
    createDebug.disable();
  });

  it('say class, reason, attempt, wait, who asked for it, deadline left and outcome', async () => {
    const lines: string[] = [];
    createDebug.enable('geminicore:*');
    const write = createDebug.log;
    createDebug.log = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '));
    try {
      await using at = await bench({ script: ['429-retry-after', { fault: '503', times: 9 }] });
      await at.gemini.callLlm('hello').catch(() => undefined);
    } finally {
      createDebug.log = write;
    }
    const text = lines.join('\n');
    expect(lines.every(line => line.includes('[RETRY]'))).toBe(true);
    expect(text).toMatch(
      /quota\/quota-unspecified \(429\), attempt 2 of 3 in 7\.\d s \(asked for by the server\), deadline left [56]\d\d\.\d s/,
    );
    expect(text).toMatch(/server\/overloaded \(503\), attempt 3 of 5 in 1\.0 s \(backoff\)/);
    expect(text).toMatch(/gave up after attempt 5: retries-spent/);
    expect(text).toMatch(/ended in failure, server\/overloaded \(503\) after 5 attempts/);
  });
});
