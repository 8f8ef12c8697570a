import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exitCodeOf, exitCodes } from '../../cli/exitCodes.ts';
import { limitVariables, retryVariables } from '../../gemini/settings/environment.ts';
import { errorClasses } from '../../resilience/failure.ts';
import { runCli } from './runCli.ts';

describe.concurrent('what makes no sense ends with 2 before anything is sent', () => {
  test.each<[flags: readonly string[], message: string]>([
    [
      ['ask', '--deadline', '30', 'hi'],
      '--deadline is "30"; allowed: a number with its unit (ms, s, m or h) from 1ms to 24h, for instance 30s.',
    ],
    [['ask', '--deadline', '25h', 'hi'], '--deadline is "25h"; allowed: '],
    [['ask', '--deadline', '0s', 'hi'], '--deadline is "0s"; allowed: '],
    [['ask', '--retries', '1001', 'hi'], '--retries is "1001"; allowed: a whole number from 0 to 1000.'],
    [['ask', '--retries', '-1', 'hi'], '--retries is "-1"; allowed: '],
    [['ask', '--retries', '1.5', 'hi'], '--retries is "1.5"; allowed: '],
    [['ask', '--model', ' ', 'hi'], '--model is " "; allowed: the name of a model.'],
    [['ask', '--base-url', 'here', 'hi'], '--base-url is "here"; allowed: an http or https address'],
    [['ask', '--base-url', 'ftp://me:pass-word@host/', 'hi'], '--base-url is "ftp://host"; allowed: '],
    [['ask', '--deadline'], "option '-d, --deadline <time>' argument missing"],
    [['ask', '--loud', 'hi'], "unknown option '--loud'"],
    [['ask'], 'prompt is empty; allowed: a text, as arguments or on standard input'],
    [['ask', ' ', '-'], 'prompt is empty; allowed: '],
    [['aks', 'hi'], '(Did you mean ask?)'],
  ])('%j', async (flags, message) => {
    const { code, stdout, stderr } = await runCli(flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('pass-word');
  });

  test('binary data on standard input', async () => {
    const { code, stderr } = await runCli(['ask', 'What is this?'], { stdin: '\u0089PNG\0\0' });
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'error: standard input is binary data; allowed: text.\n' });
  });

  test('a variable of the environment', async () => {
    const { code, stderr } = await runCli(['ask', 'hi'], { env: { GEMINI_DEADLINE_MS: 'soon' } });
    expect(code).toBe(2);
    expect(stderr).toContain('GEMINI_DEADLINE_MS is "soon", but must be a number from 1 to 86400000 ms, or Infinity.');
  });

  test('no command at all prints the help, on stderr', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: geminicore [options] [command]');
  });
});

describe.concurrent('help', () => {
  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('--help names every command, variable and exit code, in 80 columns', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { code: number, meaning } of Object.values(exitCodes)) {
      expect(stdout).toContain(`${String(number).padStart(5)}  ${meaning}\n`);
    }
    for (const name of [
      ...Object.keys(retryVariables),
      ...Object.keys(limitVariables),
      'GEMINI_API_KEY',
      'ask',
      'simulate',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([]);
  });

  test.each(['ask', 'simulate'])('%s --help', async command => {
    const { code, stdout } = await runCli([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: geminicore ${command} `);
  });

  test('is coloured where colours are forced, and never where NO_COLOR is set', async () => {
    const ask = (env: Readonly<Record<string, string>>) =>
      runCli(['ask', 'x'], { env: { GEMINI_API_KEY: '', ...env } });
    expect((await ask({ FORCE_COLOR: '1' })).stderr).toContain('\u001b[31m');
    expect((await ask({ FORCE_COLOR: '1', NO_COLOR: '1' })).stderr).not.toContain('\u001b');
  });
});

describe('the exit code of a failure', () => {
  const failure = { retryable: false, delivery: 'unsent', rule: '', evidence: '', message: '', advice: '' } as const;

  test.each(errorClasses.map(name => [name, exitCodes[name].code] as const))('%s: %i', (errorClass, code) => {
    expect(exitCodeOf({ ...failure, errorClass, reason: 'any' })).toBe(code);
  });

  test('a setting that makes no sense is wrong usage, not a wrong request', () => {
    expect(exitCodeOf({ ...failure, errorClass: 'request', reason: 'client-config' })).toBe(2);
  });

  test('each ending has a code of its own', () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
