/** geminicore/fetch where there is no Node: in an edge runtime, from one bundle as a browser would load it. */

import { join } from 'node:path';
import { EdgeVM } from '@edge-runtime/vm';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

const entry = join(import.meta.dirname, '../../fetch.ts');

/** The bundle as one script, whose exports are `geminicore`. */
async function script(): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'iife', name: 'geminicore', minify: true });
  await bundle.close();
  return output[0].code;
}

/** Runs a program in the runtime, and gives what it resolves with, as JSON. */
async function run(program: string): Promise<unknown> {
  const vm = new EdgeVM();
  vm.evaluate(await script());
  const text: string = await vm.evaluate(`(async () => JSON.stringify(await (async () => { ${program} })()))()`);
  return JSON.parse(text);
}

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

describe('in an edge runtime', () => {
  it('has neither process nor require', async () => {
    expect(await run('return [typeof process, typeof require, typeof Buffer]')).toEqual([
      'undefined',
      'undefined',
      'undefined',
    ]);
  });

  it('retries as it does elsewhere', async () => {
    const program = `${answers(503, 429, 200)} const response = await ask(); return [response.status, await response.json()];`;
    expect(await run(program)).toEqual([200, { asked: 3 }]);
  });

  it('gives back the last bad answer whole', async () => {
    const program = `${answers(401)} const response = await ask(); return [response.status, await response.json()];`;
    expect(await run(program)).toEqual([401, { asked: 1 }]);
  });

  it('ends by its own time limits', async () => {
    const program = `const { createResilientFetch, openai } = geminicore;
      const never = (_url, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const fetch = createResilientFetch(openai, { fetch: never, attemptTimeoutMs: 20, retry: { maxRetries: 1, baseDelayMs: 1 } });
      return fetch('https://api.openai.com/v1/models').then(() => 'answered', error => error.name);`;
    expect(await run(program)).toBe('TimeoutError');
  });
});
