import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GeminiError, withRetryBackoff, withRetryBackoffSync } from '../../index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const root = join(import.meta.dirname, '../../..');

describe('withRetryBackoff', () => {
  it('retries a plain error by the default row: 3 retries from 1 s', async () => {
    const runtime = new VirtualRuntime();
    let ran = 0;
    const wrapped = withRetryBackoff(
      { jitter: 'none' },
      { runtime, environment: {} },
    )(() => {
      ran += 1;
      throw new Error('locked');
    });
    const error = await runtime.settle(wrapped().catch((e: GeminiError) => e));
    expect([ran, runtime.sleeps]).toEqual([4, [1_000, 2_000, 4_000]]);
    expect(error).toMatchObject({ name: 'GeminiError', cause: { message: 'locked' } });
  });

  const mistakes = [TypeError, ReferenceError, SyntaxError].map(kind => [kind.name, new kind('x')] as const);
  it.each([...mistakes, ['AbortError', new DOMException('x', 'AbortError')] as const])(
    'never retries %s',
    async (_name, error) => {
      let ran = 0;
      const wrapped = withRetryBackoff(
        { maxRetries: 5, baseDelayMs: 1 },
        { environment: {} },
      )(() => {
        ran += 1;
        throw error;
      });
      await expect(wrapped()).rejects.toMatchObject({ cause: error });
      expect(ran).toBe(1);
    },
  );

  it('keeps this, parameters, result and name', async () => {
    const names: string[] = [];
    class Store {
      factor = 3;
      triple = withRetryBackoff(
        {},
        { environment: {}, onEvent: ({ operation }) => names.push(operation) },
      )(async function triple(this: Store, value: number) {
        return value * this.factor;
      });
    }
    const result: number = await new Store().triple(4);
    expect(result).toBe(12);
    expect(new Set(names)).toEqual(new Set(['triple']));
  });

  it('takes a signal and a deadline from its context', async () => {
    const reason = new Error('enough');
    const wrapped = withRetryBackoff({}, { environment: {}, signal: AbortSignal.abort(reason) })(async () => 1);
    await expect(wrapped()).rejects.toBe(reason);
  });
});

describe('withRetryBackoffSync', () => {
  it('blocks for its waits and returns the value itself', () => {
    const runtime = new VirtualRuntime();
    let ran = 0;
    const read = withRetryBackoffSync(
      { baseDelayMs: 100, exponentialBase: 1, jitter: 'none' },
      { runtime, environment: {} },
    )((key: string) => {
      ran += 1;
      if (ran < 3) throw new Error('database is locked');
      return key.length;
    });
    const length: number = read('abc');
    expect([length, ran, runtime.sleeps]).toEqual([3, 3, [100, 100]]);
  });

  it('throws when its retries are spent', () => {
    const runtime = new VirtualRuntime();
    const fail = withRetryBackoffSync(
      { maxRetries: 1 },
      { runtime, environment: {} },
    )(() => {
      throw new Error('database is locked');
    });
    expect(fail).toThrow(/database is locked/);
    expect(runtime.sleeps).toHaveLength(1);
  });

  it('says so where the platform cannot block', () => {
    const sleepSync = () => {
      throw new Error('this thread cannot wait');
    };
    const fail = withRetryBackoffSync(
      {},
      { runtime: { sleepSync }, environment: {} },
    )(() => {
      throw new Error('locked');
    });
    expect(fail).toThrow('this thread cannot wait');
  });
});

const service = `
  import { withRetryBackoff, withRetryBackoffSync } from '../../backend/index.ts';
  const environment = {};
  const quick = { baseDelayMs: 1 };
  class Service {
    tries = 0;
    readonly failures: number;
    constructor(failures: number) {
      this.failures = failures;
    }
    @withRetryBackoff(quick, { environment })
    async load(key: string): Promise<string> {
      this.tries += 1;
      if (this.tries <= this.failures) throw new Error('not yet');
      return key.toUpperCase();
    }
    @withRetryBackoffSync(quick, { environment })
    read(key: string): number {
      this.tries += 1;
      if (this.tries <= this.failures) throw new Error('locked');
      return key.length;
    }
  }
  const one = new Service(2);
  const loaded: string = await one.load('abc');
  const two = new Service(1);
  const length: number = two.read('abcd');
  console.log(JSON.stringify([loaded, one.tries, length, two.tries]));
`;

describe('as a decorator', () => {
  // Node runs TypeScript by leaving types out, and knows no decorators yet: this is the form that a build makes of them.
  it('wraps methods, asynchronous and synchronous, in compiled code', () => {
    const folder = mkdtempSync(join(root, 'node_modules/.decorator-'));
    try {
      const compilerOptions = { noEmit: false, rootDir: root, outDir: 'out', target: 'es2022', declaration: true };
      writeFileSync(join(folder, 'service.ts'), service);
      const project = { extends: join(root, 'tsconfig.json'), compilerOptions, files: ['service.ts'] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', stdio: 'pipe' });
      const compiled = join(folder, 'out', relative(root, folder), 'service.js');
      const printed = execFileSync(process.execPath, [compiled], { encoding: 'utf8' });
      expect(JSON.parse(printed)).toEqual(['ABC', 3, 4, 2]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
