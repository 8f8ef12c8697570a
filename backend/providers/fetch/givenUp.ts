import type { Failed } from '../../resilience/failure.ts';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import { BadAnswer } from './badAnswer.ts';
import type { FetchCallOptions } from './callHeaders.ts';
import { credentialOf } from './credential.ts';
import type { Ended } from './fetchParts.ts';
import type { Outgoing } from './outgoing.ts';
import { type KnownSdk, sdkOf } from './sdkWarning.ts';

/** No SDK is answered from memory later than this after the end, in milliseconds, or more often. Nor does one heed a longer wait. */
const longestMs = 60_000;
const mostRepetitions = 8;

/** How much too early and too late a repetition may come, as shares of its wait, and how much later in milliseconds. */
const early = 0.9;
const late = 1.25;
const lateMs = 500;

/** So many ends are remembered, the oldest forgotten first, and of how many bytes each. */
const mostEnds = 128;
const mostBytes = 65_536;

/** One repetition that is still to come, of one call that has been given up. */
interface Expected {
  readonly repetition: number;
  readonly sinceMs: number;
}

interface Remembered {
  readonly ended: Ended;
  /** Milliseconds after which it is sensible to ask again; undefined where nobody said. */
  readonly retryAfterMs: number | undefined;
  readonly sinceMs: number;
  /** Of SDKs that do not count: when they ask again is all that tells. */
  expected: readonly Expected[];
}

/** The header by which SDKs count their own attempts, from 0. */
const countHeader = 'x-stainless-retry-count';

/** Which attempt of an SDK's own this is, from 0; undefined where it does not say. */
export function sdkAttempt({ headers }: Outgoing): number | undefined {
  const count = headers.get(countHeader);
  return count !== null && /^\d{1,4}$/.test(count) ? Number(count) : undefined;
}

/** A number of 32 bits that a text stands for: enough to tell a hundred apart, and nothing of the text. */
function digestOf(text: string): string {
  let digest = 0x9e3779b9;
  for (let at = 0; at < text.length; at += 1) {
    digest = Math.imul(digest ^ text.charCodeAt(at), 0x27d4eb2f);
    digest ^= digest >>> 15;
  }
  return `${text.length}.${digest}`;
}

/** Bodies that are not all text: an SDK repeats a request with the very same one. */
const bodies = new WeakMap<object, number>();
let bodyCount = 0;

function numberOf(body: object): number {
  const number = bodies.get(body) ?? ++bodyCount;
  bodies.set(body, number);
  return number;
}

/** Names a request and what was set for it, without keeping anything of it. Undefined where its body cannot be told from others. */
function nameOf(request: Outgoing, own: FetchCallOptions): string | undefined {
  const { method, url, text, unread } = request;
  const body = typeof unread === 'object' ? numberOf(unread) : (text ?? (method === 'GET' ? '' : undefined));
  if (body === undefined) return undefined;
  return digestOf([method, url.href, credentialOf(request), JSON.stringify(own), body].join('\n'));
}

/** Is it now that this SDK would ask again? */
function isDue(
  { repetition, sinceMs }: Expected,
  [, , , least, most]: KnownSdk,
  { retryAfterMs }: Remembered,
  nowMs: number,
): boolean {
  const passedMs = nowMs - sinceMs;
  const stated = retryAfterMs !== undefined && retryAfterMs <= longestMs ? [retryAfterMs] : [];
  const leastMs = Math.min(least * 2 ** repetition, ...stated);
  const mostMs = Math.max(most * 2 ** repetition, ...stated);
  return passedMs >= leastMs * early && passedMs <= mostMs * late + lateMs;
}

/**
 * Requests of SDKs that repeat by themselves, which were given up a short while ago: the repetition is given the same end again, and
 * nothing is sent. Only what is known to be one: its SDK says so by its count, or it comes just when that SDK would ask again, once
 * for each call that was given up. Whoever else asks the same is asking anew.
 */
export class GivenUp {
  readonly #runtime: AsyncRuntime;
  readonly #byName = new Map<string, Remembered>();

  constructor(runtime: AsyncRuntime) {
    this.#runtime = runtime;
  }

  /** How this very request ended just now, if this is its SDK's repetition. */
  endOf(request: Outgoing, own: FetchCallOptions): Ended | undefined {
    if (this.#byName.size === 0) return undefined;
    const known = this.#byName.get(nameOf(request, own) ?? '');
    const nowMs = this.#runtime.now();
    if (known === undefined || nowMs - known.sinceMs > longestMs) return undefined;
    const count = sdkAttempt(request);
    const isRepetition =
      count === undefined ? takeDue(known, sdkOf(request), nowMs) : count > 0 && count <= mostRepetitions;
    return isRepetition ? known.ended : undefined;
  }

  /** It has succeeded after all. */
  forget(request: Outgoing, own: FetchCallOptions): void {
    if (this.#byName.size > 0) this.#byName.delete(nameOf(request, own) ?? '');
  }

  /** Keeps how a request of an SDK that repeats ended. */
  remember(request: Outgoing, own: FetchCallOptions, ended: Ended, { error, failure }: Failed): void {
    if (sdkAttempt(request) === undefined && sdkOf(request) === undefined) return;
    const name = nameOf(request, own);
    if (name === undefined || (error instanceof BadAnswer && error.size > mostBytes)) return;
    const sinceMs = this.#runtime.now();
    const before = this.#byName.get(name)?.expected.filter(one => sinceMs - one.sinceMs < longestMs) ?? [];
    this.#byName.delete(name);
    const expected = [...before.slice(-mostEnds), { repetition: 0, sinceMs }];
    this.#byName.set(name, { ended, retryAfterMs: failure.retryAfterMs, sinceMs, expected });
    for (const [oldest, one] of this.#byName) {
      if (sinceMs - one.sinceMs <= longestMs && this.#byName.size <= mostEnds) break;
      this.#byName.delete(oldest);
    }
  }
}

/** A repetition by its time, if there is one. Each end is repeated once, and that repetition once more. */
function takeDue(known: Remembered, sdk: KnownSdk | undefined, nowMs: number): boolean {
  const found = sdk && known.expected.find(one => isDue(one, sdk, known, nowMs));
  if (found === undefined) return false;
  const rest = known.expected.filter(one => one !== found);
  const repetition = found.repetition + 1;
  known.expected = repetition < mostRepetitions ? [...rest, { repetition, sinceMs: nowMs }] : rest;
  return true;
}
