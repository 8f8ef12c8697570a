/**
 * A preload (`node --import`) that makes time pass faster for everything in the process that asks for it: `Date`, `performance.now`,
 * `process.hrtime`, timers, promised timers and `AbortSignal.timeout`. What stays as it is: timers inside Node (sockets, DNS), and the
 * time that computing takes, which therefore weighs `factor` times as much. Processes that share a `Moment` have one clock.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

const factor = Number(process.env['BENCH_TIME_FACTOR'] ?? 1);
const realNow = performance.now.bind(performance);
const realHrtime = process.hrtime.bigint.bind(process.hrtime);
const realTimeout = globalThis.setTimeout;
const realInterval = globalThis.setInterval;

/** What the machine's clock and the fast one say at the same time, in milliseconds since 1970. */
export interface Moment {
  readonly realMs: number;
  readonly fastMs: number;
}

const realWallMs = (): number => performance.timeOrigin + realNow();
let moment: Moment = { realMs: realWallMs(), fastMs: realWallMs() };
const nowMs = (): number => moment.fastMs + (realWallMs() - moment.realMs) * factor;

/** Lets the clock say this now. */
export function setClock(fastMs: number): Moment {
  moment = { realMs: realWallMs(), fastMs };
  return moment;
}

/** Lets the clock say what that of another process says. */
export function shareClock(ofTheOther: Moment): void {
  moment = ofTheOther;
}

/** Later rather than earlier, by at most two real milliseconds: a platform timer may fire one before its time. */
const timeoutMs = (ms: number | undefined): number =>
  typeof ms === 'number' && ms > 0 ? Math.min(Math.ceil(ms / factor) + 1, 2 ** 31 - 1) : 0;
const intervalMs = (ms: number | undefined): number => Math.max(1, Math.round((ms ?? 0) / factor));

type Callback = (...given: unknown[]) => void;

const fastTimeout = (callback: Callback, ms?: number, ...given: unknown[]): NodeJS.Timeout =>
  realTimeout(callback, timeoutMs(ms), ...given);
const fastInterval = (callback: Callback, ms?: number, ...given: unknown[]): NodeJS.Timeout =>
  realInterval(callback, intervalMs(ms), ...given);

const require = createRequire(import.meta.url);
const timers = require('node:timers') as typeof import('node:timers');
const promised = require('node:timers/promises') as typeof import('node:timers/promises');
const { setTimeout: realPromised, setInterval: realIterated, scheduler } = promised;
const realWait = scheduler.wait.bind(scheduler);

const fastPromised: typeof realPromised = (ms, value, options) => realPromised(timeoutMs(ms), value, options);
const fastIterated: typeof realIterated = (ms, value, options) => realIterated(intervalMs(ms), value, options);
Object.assign(promised, { setTimeout: fastPromised, setInterval: fastIterated });
scheduler.wait = (ms, options) => realWait(timeoutMs(ms), options);

Object.defineProperty(fastTimeout, promisify.custom, { value: fastPromised });
Object.assign(timers, { setTimeout: fastTimeout, setInterval: fastInterval });
Object.assign(globalThis, { setTimeout: fastTimeout, setInterval: fastInterval });

Object.defineProperty(performance, 'now', { value: () => realNow() * factor, configurable: true });

const startedNs = realHrtime();
const hrtimeNs = (): bigint => startedNs + BigInt(Math.round(Number(realHrtime() - startedNs) * factor));
const hrtime = (before?: [number, number]): [number, number] => {
  const ns = hrtimeNs() - (before === undefined ? 0n : BigInt(before[0]) * 1_000_000_000n + BigInt(before[1]));
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
};
process.hrtime = Object.assign(hrtime, { bigint: hrtimeNs });

globalThis.Date = new Proxy(Date, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [nowMs()] : given, newTarget),
  apply: () => new Date(nowMs()).toString(),
  get: (target, name) => (name === 'now' ? () => Math.floor(nowMs()) : Reflect.get(target, name)),
});

AbortSignal.timeout = ms => {
  const controller = new AbortController();
  const message = 'The operation was aborted due to timeout';
  fastTimeout(() => controller.abort(new DOMException(message, 'TimeoutError')), ms).unref();
  return controller.signal;
};

syncBuiltinESMExports();
