import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonTable } from '../../gemini/classification/reasonTable.ts';
import { ErrorUtils, GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import { errorClasses } from '../../resilience/failure.ts';

const classify = (error: unknown) => GoogleApiErrorHandler.classify(error, { wallClockMs: 0 });

function expectFailure(error: unknown): void {
  const failure = classify(error);
  if (!errorClasses.includes(failure.errorClass)) throw new Error(`no class: ${failure.errorClass}`);
  if (!Object.hasOwn(reasonTable, failure.reason)) throw new Error(`no reason: ${failure.reason}`);
  const { retryAfterMs = 0 } = failure;
  if (!Number.isSafeInteger(retryAfterMs) || retryAfterMs < 0) throw new Error(`no wait: ${retryAfterMs}`);
  if (failure.message.length > 2_000 || failure.evidence.length > 200) throw new Error('too long');
}

const field = fc.constantFrom(
  'message',
  'status',
  'code',
  'cause',
  'error',
  'errors',
  'details',
  'headers',
  'body',
  'name',
  'reason',
  'candidates',
  'metadata',
  'retryDelay',
  'violations',
  'response',
  'promptFeedback',
  'lastError',
);
const words = fc.constantFrom(
  'got status: 429. {"error":{',
  '[{"error"',
  '{"a":',
  "{'error': {'code': 503",
  '"}]',
  'retry in ',
  '9e999s',
  'limit: 0',
  '\\n',
  '\\"',
  'PerDay',
  'quota',
  '-1s',
  '1h2m',
  'AIza',
  '__proto__',
  '\u0000',
  '{',
  '[',
  'NaN',
);
const text = fc.oneof(
  fc.string(),
  fc.array(words, { maxLength: 8 }).map(parts => parts.join('')),
);
const leaf = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.NaN, Symbol('x'), () => 1, 429, 503, 1008),
);
const tree = fc.letrec(tie => ({
  node: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.dictionary(field, tie('node'), { noNullPrototype: false }),
    fc.array(tie('node'), { maxLength: 4 }),
  ),
})).node;

function throwing(): never {
  throw new Error('trap');
}

const hostile: readonly (() => unknown)[] = [
  () => new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
  () => new Proxy([], { get: throwing }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return { errors: proxy, details: proxy, headers: proxy, cause: proxy };
  },
  () => Object.defineProperty(new Error('x'), 'message', { get: throwing }),
  () => Object.defineProperty(new Error('x'), 'cause', { get: throwing }),
  () => Object.create(null),
  () => Object.assign(Object.create(null), { message: 'fetch failed', status: '429' }),
  () => {
    const error: Error & { self?: unknown } = new Error('cycle');
    error.cause = error;
    error.self = error;
    return error;
  },
  () => ({ headers: { get: throwing } }),
  () => ({ [Symbol.toPrimitive]: throwing, toString: throwing, message: { toString: throwing } }),
  () => new Proxy(throwing, {}),
  () => ({ errors: new Proxy([], { get: () => new Proxy([], {}) }) }),
  () => new Proxy({}, { get: (_, key) => new Proxy({}, { get: () => String(key) }) }),
];

describe('classify is total', () => {
  it('yields a failure for any tree of values', () => {
    fc.assert(fc.property(tree, expectFailure), { numRuns: 60_000 });
  }, 60_000);

  it('yields a failure for any text as the message of an exception', () => {
    fc.assert(
      fc.property(text, message => expectFailure(new Error(message))),
      { numRuns: 30_000 },
    );
  }, 60_000);

  it('yields a failure for values of every kind', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withObjectString: true,
        }),
        expectFailure,
      ),
      { numRuns: 10_000 },
    );
  }, 60_000);

  it.each(hostile.map((make, index) => [index, make] as const))(
    'yields a failure for hostile value %i, wherever it hangs',
    (_, make) => {
      expectFailure(make());
      expectFailure({ error: make(), status: 400 });
      expectFailure(new Error('outer', { cause: make() }));
      expectFailure(new AggregateError([make()], 'all failed'));
      expect(typeof ErrorUtils.describe(make())).toBe('string');
      expect(typeof ErrorUtils.toUserMessage(make())).toBe('string');
    },
  );

  it('ends on a chain of causes without end', () => {
    const endless = (): unknown =>
      new Proxy(new Error('again'), { get: (target, key) => (key === 'cause' ? endless() : Reflect.get(target, key)) });
    expectFailure(endless());
  });
});

describe('classify is pure', () => {
  it('says the same twice and leaves what it was given as it was', () => {
    fc.assert(
      fc.property(tree, value => {
        fc.pre(typeof value === 'object');
        const before = fc.stringify(value);
        const first = classify(value);
        expect(classify(value)).toEqual(first);
        expect(fc.stringify(value)).toBe(before);
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  it('takes a frozen error', () => {
    const frozen = Object.freeze(Object.assign(new Error('{"error":{"code":429}}'), { status: 429 }));
    expect(classify(frozen).errorClass).toBe('quota');
  });
});
