import { describe, expect, test } from 'vitest';
import { startSimulator } from '../../simulator/index.ts';
import { runCli } from './runCli.ts';

const noKey = { GEMINI_API_KEY: '', GEMINI_RETRY_MAX_RETRIES: '0' };

/** The number behind a label of the table of sums. */
function total(text: string, label: string): string | undefined {
  return new RegExp(`^${label} {2,}(.+)$`, 'm').exec(text)?.[1];
}

describe.concurrent('the main job', () => {
  test('without a key brings every call through the bad weather of a simulator', async () => {
    const { code, stdout, stderr } = await runCli([], { program: 'start', env: noKey });
    expect(stderr).toBe('');
    expect(code, stdout).toBe(0);
    for (const broken of [
      /haiku +429 quota-per-minute · the server asks for 5\.2 s · attempt 2 of 3/,
      /river +503 overloaded · waiting /,
      /capital +connection-reset · waiting .* attempt 3$/m,
      /weather +answered after 3 attempts, the tool ran once: /,
      /spent +refused, as it should be, after 1 request:\n +quota\/quota-per-day \(HTTP 429\)\n/,
    ]) {
      expect(stdout).toMatch(broken);
    }
    expect(
      ['calls', 'answered', 'refused at once, as they should be', 'lost answers'].map(label => total(stdout, label)),
    ).toEqual([...['10', '9', '1', '0']]);
    const seen = total(stdout, 'requests that the server saw');
    expect(Number(seen)).toBeGreaterThan(20);
    expect(total(stdout, 'attempts')).toBe(seen);
    expect(total(stdout, 'failures by class')).toMatch(/^quota 2 · server \d+ · network \d+$/);
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([]);
  });

  test('with a key asks the API', async () => {
    const api = await startSimulator();
    const { code, stdout } = await runCli([], { program: 'start', url: api.url });
    await api.close();
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('6 calls to the Gemini API at once, model gemini-flash-latest.');
    expect(total(stdout, 'lost answers')).toBe('0');
    // The chat with its tool takes two.
    expect(api.ledger.requests).toHaveLength(7);
  });

  test('with a key that is refused ends with the code of its class, after one request each', async () => {
    const api = await startSimulator({ apiKeys: ['another'] });
    const { code, stdout } = await runCli([], { program: 'start', url: api.url });
    await api.close();
    expect(code).toBe(13);
    expect(stdout).toContain('auth/key-invalid (HTTP 400)');
    expect(total(stdout, 'lost answers')).toBe('6');
    expect(api.ledger.requests).toHaveLength(6);
  });
});
