import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { embedded, isProviderError, ollama, resilient } from '../../fetch.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const locked = (): Error => Object.assign(new Error('EBUSY: resource busy or locked'), { code: 'EBUSY' });

function counted(failures: number, error: () => Error) {
  const runtime = new VirtualRuntime();
  let tries = 0;
  const work = (): number => {
    tries += 1;
    if (tries <= failures) throw error();
    return tries;
  };
  return { runtime, work };
}

describe('a resource of this machine', () => {
  it('is tried five times, 100 ms longer each time', async () => {
    const { runtime, work } = counted(4, locked);
    expect(await runtime.settle(resilient(embedded, { runtime })(work)())).toBe(5);
    expect(runtime.sleeps).toEqual([100, 200, 300, 400]);
  });

  it('and no more', async () => {
    const { runtime, work } = counted(9, locked);
    const error = await runtime.settle(resilient(embedded, { runtime })(work)().catch((caught: unknown) => caught));
    expect(isProviderError(error) && [error.failure.reason, error.attempts.length]).toEqual(['resource-locked', 5]);
  });

  it('a mistake of the program is not tried again', async () => {
    const { runtime, work } = counted(1, () => new TypeError('x is not a function'));
    await expect(runtime.settle(resilient(embedded, { runtime })(work)())).rejects.toThrow('client-bug');
    expect(runtime.sleeps).toEqual([]);
  });

  it('SQLite that another connection has locked is waited for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'locked-'));
    const file = join(folder, 'a.db');
    const one = new DatabaseSync(file);
    const two = new DatabaseSync(file, { timeout: 0 });
    one.exec('create table t (n); begin exclusive');
    const runtime = new VirtualRuntime();
    runtime.setTimer(250, () => one.exec('commit'));
    const insert = resilient(embedded, { runtime })((_context, n: number) =>
      two.prepare('insert into t values (?)').run(n),
    );
    const { changes } = await runtime.settle(insert(7));
    expect(changes).toBe(1);
    expect(runtime.sleeps).toEqual([100, 200]);
    one.close();
    two.close();
    rmSync(folder, { recursive: true });
  });
});

it('a service that is still starting is waited for', async () => {
  const refused = (): Error =>
    new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    });
  const { runtime, work } = counted(10, refused);
  expect(await runtime.settle(resilient(ollama, { runtime })(work)())).toBe(11);
});

it('what has had its retries inside is not multiplied', async () => {
  const { runtime, work } = counted(99, locked);
  const inner = resilient(embedded, { runtime })(work);
  let calls = 0;
  const outer = resilient(embedded, { runtime })(() => {
    calls += 1;
    return inner();
  });
  await expect(runtime.settle(outer())).rejects.toThrow();
  expect(calls).toBe(1);
});

it.each<readonly [object, string]>([
  [{ deadlineMs: 'soon' }, 'options.deadlineMs'],
  [{ signal: 1 }, 'options.signal'],
  [{ operation: 1 }, 'options.operation'],
  [{ fetch: globalThis.fetch }, 'options.fetch'],
])('%j is refused by name', (options, field) => {
  expect(() => resilient(embedded, options)).toThrow(field);
});
