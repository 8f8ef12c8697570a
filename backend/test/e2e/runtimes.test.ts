/** Where there is no Node: in an edge runtime, from one bundle as a browser would load it. */

import { join } from 'node:path';
import { EdgeVM } from '@edge-runtime/vm';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { type FaultName, type ScriptStep, startSimulator } from '../../simulator/index.ts';

/** Loaded when a Vertex client asks for a token, and when a path of a file is given. */
const onDemand = ['google-auth-library', 'node:fs/promises'];

/** The entry as one script, whose exports are `geminicore`, and what it loads besides. */
async function script(entry: string) {
  const input = join(import.meta.dirname, '../..', entry);
  const bundle = await rolldown({ input, platform: 'browser', external: onDemand });
  const { output } = await bundle.generate({ format: 'iife', name: 'geminicore', minify: true, codeSplitting: false });
  await bundle.close();
  expect(output).toHaveLength(1);
  const { code, imports, dynamicImports } = output[0];
  return { code, imports, onDemand: dynamicImports.filter(name => onDemand.includes(name)) };
}

const bundles = { 'fetch.ts': script('fetch.ts'), 'index.ts': script('index.ts') };

/** Runs a program in the runtime, and gives what it resolves with, as JSON. */
async function run(entry: keyof typeof bundles, program: string): Promise<unknown> {
  const vm = new EdgeVM();
  // An edge runtime has one; this one leaves it to its host.
  vm.context['WebSocket'] = WebSocket;
  vm.evaluate((await bundles[entry]).code);
  const text: string = await vm.evaluate(`(async () => JSON.stringify(await (async () => { ${program} })()))()`);
  return JSON.parse(text);
}

describe('the runtime', () => {
  it('has neither process nor require', async () => {
    expect(await run('fetch.ts', 'return [typeof process, typeof require, typeof Buffer, typeof global]')).toEqual(
      Array.from({ length: 4 }, () => 'undefined'),
    );
  });
});

const answers = (...statuses: readonly number[]): string => `
  const statuses = ${JSON.stringify(statuses)};
  let asked = 0;
  const platform = async () => {
    const status = statuses[asked];
    asked += 1;
    return new Response(JSON.stringify({ asked }), { status, headers: { 'content-type': 'application/json' } });
  };
  const runtime = { sleep: async () => {}, random: () => 0.5 };
  const { createResilientFetch, openai } = geminicore;
  const fetch = createResilientFetch(openai, { fetch: platform, runtime });
  const ask = () => fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: '{"model":"m"}' });`;

describe('geminicore/fetch', () => {
  it('loads nothing else', async () => {
    const { imports, onDemand: loaded } = await bundles['fetch.ts'];
    expect([...imports, ...loaded]).toEqual([]);
  });

  it('retries as it does elsewhere', async () => {
    const program = `${answers(503, 429, 200)} const response = await ask(); return [response.status, await response.json()];`;
    expect(await run('fetch.ts', program)).toEqual([200, { asked: 3 }]);
  });

  it('gives back the last bad answer whole', async () => {
    const program = `${answers(401)} const response = await ask(); return [response.status, await response.json()];`;
    expect(await run('fetch.ts', program)).toEqual([401, { asked: 1 }]);
  });

  it('ends by its own time limits', async () => {
    const program = `const { createResilientFetch, openai } = geminicore;
      const never = (_url, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const fetch = createResilientFetch(openai, { fetch: never, attemptTimeoutMs: 20, retry: { maxRetries: 1, baseDelayMs: 1 } });
      return fetch('https://api.openai.com/v1/models').then(() => 'answered', error => error.name);`;
    expect(await run('fetch.ts', program)).toBe('TimeoutError');
  });
});

const client = (url: string): string => `
  const runtime = { sleep: async () => {}, random: () => 0.5 };
  const gemini = new geminicore.GeminiCore({ apiKey: 'test-key', runtime, httpOptions: { baseUrl: '${url}' } });
  const caught = work => work().then(() => 'nothing', error => [error.name, error.failure?.reason, error.message]);`;

const echo = (prompt: string): string => prompt;
const once = (fault: FaultName): ScriptStep => ({ fault, times: 1 });

// what is done, a program, what it gives, what the simulator does wrong first
type Row = readonly [what: string, program: string, result: unknown, faults?: readonly ScriptStep[]];

const rows: readonly Row[] = [
  [
    'a call',
    `const { text, attempts } = await gemini.callLlm('hello'); return [text, attempts.length];`,
    ['hello', 3],
    [once('503'), once('fin-mid-chunked')],
  ],
  [
    'a stream',
    `const pieces = []; for await (const { text } of gemini.callLlmStream('hello')) pieces.push(text); return pieces.join('');`,
    'hello',
    [once('503'), once('sse-error-first')],
  ],
  [
    'a chat',
    `const chat = gemini.chat(); await chat.send('one'); return [(await chat.send('two')).text, chat.history.length];`,
    ['two', 4],
    [once('503')],
  ],
  [
    'a value',
    `const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
     return (await gemini.callLlmJson('{"a":1}', schema)).value;`,
    { a: 1 },
    [once('503')],
  ],
  [
    'bytes in a prompt',
    `const bytes = new Uint8Array(1000).fill(65);
     return (await gemini.callLlm([{ file: bytes, mimeType: 'image/png' }, 'hello'])).text;`,
    'hello',
  ],
  [
    'the official client',
    `return (await gemini.sdk.models.generateContent({ model: 'm', contents: 'hello' })).text;`,
    'hello',
  ],
  [
    'a refusal',
    `return caught(() => gemini.callLlm('hello', { deadlineMs: -1 })).then(([name, reason]) => [name, reason]);`,
    ['GeminiError', 'client-config'],
  ],
  [
    'a live session',
    `const session = await gemini.live.connect({ model: 'm' });
     session.sendClientContent({ turns: 'hello' });
     let text = '';
     for await (const { serverContent } of session) {
       for (const part of serverContent?.modelTurn?.parts ?? []) text += part.text ?? '';
       if (serverContent?.turnComplete) break;
     }
     await session.close();
     return [text, (await session.closed).by];`,
    ['hello', 'caller'],
  ],
  [
    'a live session through a lost connection',
    `const session = await gemini.live.connect({ model: 'm' });
     session.sendClientContent({ turns: 'hello' });
     let resumed = 0;
     for await (const message of session) {
       if (message.resumed) {
         resumed += 1;
         session.sendClientContent({ turns: 'hello again' });
       }
       if (resumed > 0 && message.serverContent?.turnComplete) break;
     }
     await session.close();
     return resumed;`,
    1,
    [{ fault: 'live-reset', at: 'handle', times: 1 }],
  ],
  [
    'what cannot be done here: a cloud project',
    `return caught(async () => new geminicore.GeminiCore({ vertexai: true, project: 'p', location: 'l' }));`,
    ['GeminiError', 'credentials-missing', expect.stringContaining('An API Key must be set when running in a browser')],
  ],
  [
    'what cannot be done here: a live session whose key is in a header',
    `const cloud = new geminicore.GeminiCore({ vertexai: true, apiKey: 'test-key', runtime });
     return caught(() => cloud.live.connect({ model: 'm' }));`,
    ['GeminiError', 'client-config', expect.stringContaining('vertexai is true, but must be false for live sessions')],
  ],
  [
    'what cannot be done here: a path of a file',
    `return caught(() => gemini.callLlm([{ file: '/some/file.txt' }]));`,
    ['GeminiError', 'client-config', expect.stringContaining('this runtime has no file system')],
  ],
];

describe('geminicore', () => {
  it('loads nothing but what it is asked for', async () => {
    const { imports, onDemand: loaded } = await bundles['index.ts'];
    expect(imports).toEqual([]);
    expect(loaded.toSorted()).toEqual(onDemand);
  });

  it.each(rows.map(([what, ...row]) => ({ what, row })))('$what', async ({ row: [program, result, faults = []] }) => {
    await using simulator = await startSimulator({ answer: echo, script: faults });
    expect(await run('index.ts', client(simulator.url) + program)).toEqual(result);
  });
});
