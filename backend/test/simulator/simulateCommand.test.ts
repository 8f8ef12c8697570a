import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statusOf, until } from './ask.ts';

const source = `
  import { simulateCommand } from ${JSON.stringify(new URL('../../cli/simulate.ts', import.meta.url).href)};
  await simulateCommand().parseAsync(process.argv.slice(1), { from: 'user' });
`;
const environment = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '' };

function run(flags: readonly string[]): ChildProcess & { text: () => string } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, '--', ...flags], { env: environment });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return Object.assign(child, { text: () => text });
}

describe('geminicore simulate', () => {
  test('prints how to reach it, a line for each request, and a summary at the end', async () => {
    const child = run(['--script', '503,ok', '--rpm', '1']);
    await until(() => child.text().includes('geminicore ask "hi"'));
    const url = /at (http:\S+)/.exec(child.text())?.[1] ?? '';
    expect(child.text()).toContain(`GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=anything geminicore ask "hi"`);
    for (const expected of [503, 200, 429]) expect(await statusOf(url, 'hello')).toBe(expected);
    await until(() => child.text().includes('quota-spent'));
    expect(child.text()).toMatch(/ s 503 +\d+ ms {2}generateContent gemini-2\.5-flash "hello"\n/);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(child.text()).toMatch(/3 requests\n/);
    expect(child.text()).toMatch(/by status\n {8}1 {2}200\n {8}1 {2}429\n {8}1 {2}503\n/);
  });

  test('reads a script from a file, and keeps quiet when told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
    const file = join(folder, 'script.json');
    writeFileSync(file, JSON.stringify([{ fault: '500', when: { prompt: 'bad' } }]));
    const child = run(['--script', file, '--quiet', '--weather', '504=1']);
    await until(() => child.text().includes('geminicore ask'));
    const url = /at (http:\S+)/.exec(child.text())?.[1] ?? '';
    expect([await statusOf(url, 'good'), await statusOf(url, 'bad')]).toEqual([504, 500]);
    expect(child.text()).not.toContain('generateContent');
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  });

  test.each([
    [['--port', '99999'], '--port is "99999"; allowed: a whole number from 0 to 65535.'],
    [['--weather', 'hail'], '--weather is "hail"; allowed: fair, rough, storm, or NAME=RATE,…'],
    [['--weather', '503=2'], "weather.rates['503'] is 2; allowed: a number from 0 to 1."],
    [
      ['--script', 'reset-midbody'],
      'script[0].fault is "reset-midbody"; allowed: one of 92 names, the nearest being reset-mid-body',
    ],
    [['--outage', 'noon'], '--outage is "noon"; allowed: FROM-TO:FAULT in milliseconds'],
    [['--rpm', 'many'], '--rpm is "many"; allowed: a whole number from 0 to 1000000000.'],
    [['--unheard-of'], "unknown option '--unheard-of'"],
  ])('%j ends with 2 and says why', (flags, message) => {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source, '--', ...flags], {
      env: environment,
      encoding: 'utf8',
    });
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
