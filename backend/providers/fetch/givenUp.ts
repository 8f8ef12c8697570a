import type { Runtime } from '../../resilience/runtime.ts';
import { credentialOf } from './credential.ts';
import type { Outgoing } from './outgoing.ts';

/** How a request ended for good: its last response, to be made anew, or what was thrown. */
export type Ended = () => Response;

/** An SDK asks again within this time of being told, in milliseconds. */
const graceMs = 15_000;

/** Its waits double: the next repetition is expected within this many times the last wait, */
const growth = 2.5;

/** but not later than this after the first, in milliseconds, and not more often. */
const longestMs = 60_000;
const mostRepetitions = 8;

/** So many endings are remembered; the oldest are forgotten first. */
const mostEndings = 256;

interface Remembered {
  readonly ended: Ended;
  readonly sinceMs: number;
  lastMs: number;
  untilMs: number;
  repetitions: number;
}

/** Headers by which SDKs count their own attempts, from 0. */
const countHeaders = ['x-stainless-retry-count', 'amz-sdk-request-attempt'];

/** Which attempt of an SDK's own this is, from 0; undefined where it does not say. */
export function sdkAttempt({ headers }: Outgoing): number | undefined {
  for (const name of countHeaders) {
    const count = headers.get(name);
    if (count !== null && /^\d{1,4}$/.test(count)) return Number(count);
  }
  return undefined;
}

/** Two numbers of 32 bits that a text stands for: enough to tell a few hundred apart, and nothing of the text. */
function digestOf(text: string): string {
  let [one, two] = [0x9e3779b9, 0x85ebca6b];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x27d4eb2f);
    two = Math.imul(two ^ code, 0x165667b1);
    one ^= one >>> 15;
    two ^= two >>> 13;
  }
  return `${text.length}.${one >>> 0}.${two >>> 0}`;
}

/** Names a request without keeping anything of it. Undefined where its body is not text. */
function nameOf({ method, url, text, headers }: Outgoing): string | undefined {
  if (text === undefined && method !== 'GET') return undefined;
  return digestOf([method, url.href, credentialOf(headers), text ?? ''].join('\n'));
}

/** Requests that were given up a short while ago: an SDK that repeats one is given the same end again, and nothing is sent. */
export class GivenUp {
  readonly #runtime: Runtime;
  readonly #byName = new Map<string, Remembered>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** How this very request ended just now, if it did. A request that says it is an SDK's first attempt is a new one. */
  endOf(request: Outgoing): Ended | undefined {
    if (this.#byName.size === 0 || sdkAttempt(request) === 0) return undefined;
    const name = nameOf(request);
    const known = name === undefined ? undefined : this.#byName.get(name);
    const nowMs = this.#runtime.now();
    if (known === undefined || name === undefined) return undefined;
    if (nowMs > known.untilMs || known.repetitions >= mostRepetitions) {
      this.#byName.delete(name);
      return undefined;
    }
    known.repetitions += 1;
    const graceNowMs = Math.max(graceMs, growth * (nowMs - known.lastMs));
    known.untilMs = Math.min(known.sinceMs + longestMs, nowMs + graceNowMs);
    known.lastMs = nowMs;
    return known.ended;
  }

  /** It has succeeded after all. */
  forget(request: Outgoing): void {
    const name = this.#byName.size === 0 ? undefined : nameOf(request);
    if (name !== undefined) this.#byName.delete(name);
  }

  /** Keeps how a request ended. */
  remember(request: Outgoing, ended: Ended): void {
    const name = nameOf(request);
    if (name === undefined) return;
    const sinceMs = this.#runtime.now();
    this.#byName.delete(name);
    this.#byName.set(name, { ended, sinceMs, lastMs: sinceMs, untilMs: sinceMs + graceMs, repetitions: 0 });
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > mostEndings && oldest !== undefined) this.#byName.delete(oldest);
  }
}
