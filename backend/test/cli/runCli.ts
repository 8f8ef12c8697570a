/** The command line as a person starts it: a process of its own, with nothing of this one's environment. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const plantedKey = 'AIzaSyPlanted-0123456789-abcdefghijklmno';

const fileOf = (name: string): string => fileURLToPath(new URL(`../../cli/${name}.ts`, import.meta.url));

export interface CliOptions {
  /** The server that is asked. */
  readonly url?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input holds. Absent: it is closed, as with `</dev/null`. */
  readonly stdin?: string;
  /** Standard input stays open behind what it holds. */
  readonly stdinStaysOpen?: boolean;
  readonly program?: 'main' | 'start';
}

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** What has been written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** How it ended. Fails where the key was printed. */
  readonly end: Promise<CliEnd>;
}

export function startCli(flags: readonly string[], options: CliOptions = {}): RunningCli {
  const { url, env, stdin, stdinStaysOpen = false, program = 'main' } = options;
  const child = spawn(process.execPath, [fileOf(program), ...flags], {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], GEMINI_API_KEY: plantedKey, ...(url && { GOOGLE_GEMINI_BASE_URL: url }), ...env },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  if (stdin !== undefined) child.stdin?.write(stdin);
  if (!stdinStaysOpen) child.stdin?.end();
  const end = once(child, 'close').then(([code]: unknown[]): CliEnd => {
    expect(texts.stdout + texts.stderr).not.toContain(plantedKey);
    // A stack trace is for those who wrote the program.
    expect(texts.stderr).not.toMatch(/^ +at /m);
    return { code: typeof code === 'number' ? code : null, ...texts };
  });
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, end };
}

/** Runs to the end. */
export function runCli(flags: readonly string[], options?: CliOptions): Promise<CliEnd> {
  return startCli(flags, options).end;
}
