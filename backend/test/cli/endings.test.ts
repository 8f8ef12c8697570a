/** How `geminicore ask` ends: the exit code of each class, Ctrl-C, a closed pipe, a full disk. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptStep, type Simulator, startSimulator } from '../../simulator/index.ts';
import { until } from '../simulator/ask.ts';
import { plantedKey, runCli, startCli } from './runCli.ts';

const always = (fault: string, rest: object = {}): ScriptStep =>
  ({ fault, times: Number.POSITIVE_INFINITY, when: { prompt: `<${fault}>` }, ...rest }) as ScriptStep;

/** It takes 20 ms; a busy machine is given more. */
const atOnceMs = 250;

/** More than a pipe holds. */
const longAnswer = 'word '.repeat(200_000);

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({
    answer: prompt => (prompt === 'long' ? longAnswer : `Echo: ${prompt}${' and on'.repeat(60)}`),
    script: [
      ...['429', '429-per-day', '503', 'reset-before-headers', '400-key-invalid', '400', 'blocked-prompt'].map(fault =>
        always(fault),
      ),
      always('slow', { chunkMs: 150 }),
      always('stall-before-headers'),
    ],
  });
});
afterAll(() => simulator.close());

const quick = { GEMINI_RETRY_BASE_DELAY_MS: '1' };

describe.concurrent('the exit code of a failed call, and what stderr says', () => {
  test.each<[fault: string, flags: string, code: number, requests: number, says: RegExp]>([
    // fault                 flags             code  requests  stderr
    ['429-per-day', '', 10, 1, /^quota\/quota-per-day \(HTTP 429\)\n.*What to do +The day's quota is spent/s],
    [
      '429',
      '--deadline 9s',
      10,
      1,
      /Not sent again +the wait would not fit into the deadline\n.*Come back +in 3\d s, at 20/s,
    ],
    ['503', '', 11, 4, /^503 overloaded · .*Attempts +4 in .*: 503 overloaded \(4 times\)\n/s],
    ['reset-before-headers', '--retries 1', 12, 2, /network\/connection-reset\n.*Attempts +2 in /s],
    ['400-key-invalid', '', 13, 1, /The server says +API key not valid\./],
    ['400', '', 14, 1, /^request\/invalid-argument \(HTTP 400\)\n.*Attempts +1, not repeated\n$/s],
    ['blocked-prompt', '--no-stream', 14, 1, /^request\/blocked-content/],
  ])('%s %s: %i', async (fault, flags, expected, requests, says) => {
    const prompt = `<${fault}>`;
    const all = ['ask', ...flags.split(' ').filter(Boolean), prompt];
    const { code, stdout, stderr } = await runCli(all, { url: simulator.url, env: quick });
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain(prompt);
    expect(simulator.ledger.requestsFor(prompt)).toHaveLength(requests);
  });

  test('nobody listens: 12', async () => {
    const nobody = await startSimulator();
    await nobody.close();
    const { code, stderr } = await runCli(['ask', '-r', '0', 'hi'], { url: nobody.url });
    expect(code).toBe(12);
    expect(stderr).toMatch(/^network\/connection-refused\n/);
  });

  test('no key: 13, and where to get one', async () => {
    const { code, stderr } = await runCli(['ask', 'hi'], { env: { GEMINI_API_KEY: '' } });
    expect(code).toBe(13);
    expect(stderr).toMatch(/^auth\/credentials-missing\n.*https:\/\/aistudio\.google\.com\/apikey.*nothing was sent/s);
  });

  test('--json puts the failure on stdout, as an object', async () => {
    const prompt = '<400-key-invalid>';
    const { code, stdout, stderr } = await runCli(['ask', '--json', prompt], { url: simulator.url });
    expect({ code, stderr }).toEqual({ code: 13, stderr: '' });
    const failure = { errorClass: 'auth', reason: 'key-invalid', status: 400, delivery: 'rejected' };
    expect(JSON.parse(stdout)).toMatchObject({ error: { name: 'GeminiError', failure, attempts: [{ attempt: 1 }] } });
    expect(stdout).not.toContain(prompt);
  });

  test('a server that quotes key, prompt and escape sequences is not quoted', async () => {
    const prompt = 'the secret recipe of the house';
    const server = createServer((request, response) => {
      const message = `\u001b[2Jkey ${request.headers['x-goog-api-key']} may not ask "${prompt}"`;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await runCli(['ask', prompt], { url });
    server.close();
    expect(code).toBe(14);
    expect(stderr).toContain('may not ask');
    expect(stderr).not.toContain('recipe');
    expect(stderr).not.toContain('\u001b');
  });
});

describe('Ctrl-C', () => {
  test('in the middle of a stream keeps what was received, frees the socket and ends at once with 130', async () => {
    const cli = startCli(['ask', '<slow> stream'], { url: simulator.url });
    await until(() => cli.stdout() !== '');
    const before = performance.now();
    cli.child.kill('SIGINT');
    const { code, stdout, stderr } = await cli.end;
    expect(performance.now() - before).toBeLessThan(atOnceMs);
    expect(code).toBe(130);
    expect(stdout).toMatch(/^Echo: /);
    expect(stderr).toBe(`Interrupted after ${stdout.length} characters.\n`);
    const [request] = simulator.ledger.requestsFor('<slow> stream');
    await until(() => request?.closedAtMs !== undefined);
    expect(request).toMatchObject({ closedByClient: true, completed: false });
  });

  test.each([
    ['a wait', '<429>', (cli: ReturnType<typeof startCli>) => cli.stderr().includes('attempt 2 of 3')],
    ['an attempt', '<stall-before-headers>', () => simulator.ledger.requestsFor('<stall-before-headers> C').length > 0],
  ])('in %s ends at once, and no attempt follows', async (_what, prompt, begun) => {
    const cli = startCli(['ask', `${prompt} C`], { url: simulator.url });
    await until(() => begun(cli));
    const before = performance.now();
    cli.child.kill('SIGINT');
    const { code, stdout, stderr } = await cli.end;
    expect(performance.now() - before).toBeLessThan(atOnceMs);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/Interrupted before any answer\.\n$/);
    expect(simulator.ledger.requestsFor(`${prompt} C`)).toHaveLength(1);
  });

  test('ends the command although a pager has not fetched what was written', async () => {
    const cli = startCli(['ask', '--no-stream', 'long'], { url: simulator.url });
    cli.child.stdout?.pause();
    await until(() => simulator.ledger.requestsFor('long').some(({ completed }) => completed));
    // The answer fills the pipe; what is left of it waits in the process.
    await new Promise(resolve => setTimeout(resolve, 100));
    const exited = once(cli.child, 'exit');
    cli.child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    cli.child.stdout?.resume();
    expect((await cli.end).stdout.length).toBeLessThan(longAnswer.length);
  });

  test('while standard input keeps the command waiting, of which it tells', async () => {
    const cli = startCli(['ask'], { url: simulator.url, stdin: 'never ', stdinStaysOpen: true });
    cli.child.stdin?.on('error', () => {});
    await until(() => cli.stderr() !== '');
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.end;
    expect(code).toBe(130);
    expect(stderr).toBe('Reading the prompt from standard input; Ctrl-D ends it.\nInterrupted before any answer.\n');
  });
});

describe('standard output', () => {
  test('that nobody reads any further ends the command quietly with 0, and frees the socket', async () => {
    const cli = startCli(['ask', '<slow> head'], { url: simulator.url });
    await until(() => cli.stdout() !== '');
    cli.child.stdout?.destroy();
    expect(await cli.end).toMatchObject({ code: 0, stderr: '' });
    const [request] = simulator.ledger.requestsFor('<slow> head');
    await until(() => request?.closedAtMs !== undefined);
    expect(request).toMatchObject({ closedByClient: true });
  });

  test.skipIf(!existsSync('/dev/full'))('that cannot be written to is an error of its own: 1', async () => {
    const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, 'ask', 'hi'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      env: { GEMINI_API_KEY: plantedKey, GOOGLE_GEMINI_BASE_URL: simulator.url },
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(stderr).toMatch(/^The answer could not be written: ENOSPC/);
  });
});
