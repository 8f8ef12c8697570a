import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { until } from '../simulator/ask.ts';
import { runCli, startCli } from './runCli.ts';

const answerText = 'One two three four five six seven eight.';
const quick = { GEMINI_RETRY_BASE_DELAY_MS: '1' };

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({
    answer: () => answerText,
    chunkCharacters: 10,
    script: [
      { fault: 'slow', chunkMs: 40, when: { prompt: 'slowly' } },
      { fault: 'finish-max-tokens', times: 2, when: { prompt: 'cut' } },
      { fault: '503', times: 2, when: { prompt: 'busy' } },
      { fault: '429', retryDelayMs: 20, when: { prompt: 'hurry' } },
      { fault: '503', when: { prompt: 'quietly' } },
      { fault: 'sse-error-mid', when: { prompt: 'broken' } },
      { fault: 'sse-error-mid', when: { prompt: 'interrupted' } },
    ],
  });
});
afterAll(() => simulator.close());

const ask = (flags: readonly string[], stdin?: string, env: Readonly<Record<string, string>> = quick) =>
  runCli(['ask', ...flags], { url: simulator.url, env, ...(stdin !== undefined && { stdin }) });

describe.concurrent('geminicore ask', () => {
  test('streams: the first words are on stdout before the last ones are sent', async () => {
    const cli = startCli(['ask', 'slowly'], { url: simulator.url });
    await until(() => cli.stdout() !== '');
    expect(cli.stdout().length).toBeLessThan(answerText.length);
    expect(await cli.end).toEqual({ code: 0, stdout: answerText, stderr: '' });
    expect(simulator.ledger.requestsFor('slowly')).toMatchObject([{ operation: 'streamGenerateContent' }]);
  });

  test('--no-stream asks for the whole answer', async () => {
    expect(await ask(['--no-stream', 'all', 'at', 'once'])).toEqual({ code: 0, stdout: answerText, stderr: '' });
    expect(simulator.ledger.requestsFor('all at once')).toMatchObject([{ operation: 'generateContent' }]);
  });

  test('--json prints one object with the history of the call', async () => {
    const { code, stdout } = await ask(['--json', 'busy']);
    const found = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(found)).toEqual(['text', 'model', 'finishReason', 'usage', 'attempts']);
    expect(found).toMatchObject({ text: answerText, model: 'gemini-flash-latest', finishReason: 'STOP' });
    const overloaded = { errorClass: 'server', reason: 'overloaded', status: 503 };
    expect(found.attempts).toMatchObject([
      { attempt: 1, waitedMs: 0, failure: overloaded },
      { attempt: 2, failure: overloaded },
      { attempt: 3 },
    ]);
    expect(stdout.split('\n')).toHaveLength(2);
  });

  test('a retry is one line on stderr, which says who asked for the wait', async () => {
    const { code, stdout, stderr } = await ask(['hurry']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: answerText });
    expect(stderr).toBe('429 quota-per-minute · the server asks for 20 ms · attempt 2 of 3\n');
  });

  test('--resume goes on with an answer that broke off, and says so', async () => {
    const { code, stdout, stderr } = await ask(['--resume', 'interrupted']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: answerText });
    expect(stderr).toBe('503 overloaded · goes on with the answer\n');
    expect(simulator.ledger.requestsFor('interrupted')).toHaveLength(1);
  });

  test('--quiet says nothing of retries', async () => {
    expect(await ask(['--quiet', 'quietly'])).toEqual({ code: 0, stdout: answerText, stderr: '' });
    expect(simulator.ledger.requestsFor('quietly')).toHaveLength(2);
  });

  test('--model, --system and --base-url reach the server', async () => {
    const url = simulator.url;
    const flags = ['--model', 'gemini-2.5-pro', '--system', 'Be brief.', '--base-url', url, 'flags'];
    expect(await runCli(['ask', ...flags], { url: 'http://127.0.0.1:9' })).toMatchObject({ code: 0 });
    const [request] = simulator.ledger.requestsFor('flags');
    expect(request).toMatchObject({ model: 'gemini-2.5-pro' });
    // Four characters a token: "flags" is two, with the instruction it is four.
    expect(request?.inputTokens).toBe(4);
  });

  test.each<[what: string, words: readonly string[], stdin: string, asked: string]>([
    ['a pipe', [], 'from a pipe\n', 'from a pipe'],
    ['a pipe that is named', ['-'], 'from - itself', 'from - itself'],
    ['words, then a pipe', ['Explain', 'this:'], 'a\n  b\n', 'Explain this:\n\na\n  b'],
    ['words and an empty pipe', ['only words'], '', 'only words'],
    ['UTF-8 with a byte order mark', [], '\ufeffnaïve 漢字', 'naïve 漢字'],
  ])('the prompt from %s', async (_what, words, stdin, asked) => {
    expect(await ask(words, stdin)).toMatchObject({ code: 0, stderr: '' });
    expect(simulator.ledger.requestsFor(asked)).toHaveLength(1);
  });

  test('an answer that was cut at the limit says so on stderr, unless told to be quiet', async () => {
    const loud = await ask(['cut']);
    expect(loud).toMatchObject({ code: 0, stderr: 'The answer was cut at the limit of output tokens (MAX_TOKENS).\n' });
    expect(answerText.startsWith(loud.stdout)).toBe(true);
    expect(await ask(['--quiet', 'cut'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('a stream that breaks after its first words keeps them, and says that they are not all', async () => {
    const { code, stdout, stderr } = await ask(['broken']);
    expect(code).toBe(11);
    expect(stdout).not.toBe('');
    expect(answerText.startsWith(stdout)).toBe(true);
    expect(stderr).toContain('server/overloaded (HTTP 503)\n');
    expect(stderr).toContain(`Received         ${stdout.length} characters; the answer is not whole\n`);
  });

  test('DEBUG shows the line of the log beside', async () => {
    const { stderr } = await ask(['--retries', '0', '--base-url', 'http://127.0.0.1:9', 'x'], undefined, {
      DEBUG: 'geminicore:*',
    });
    expect(stderr).toContain('[RETRY] ');
  });
});
