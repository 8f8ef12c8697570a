import { type Timed, type TimerHandle, type TimerPlatform, TimerQueue } from './timerQueue.ts';

/** The platform's timers: nothing but this and `runtime` may use them. */

/** The longest delay that a platform timer holds; a longer one fires at once (2^31 - 1 ms, 24.8 days). */
export const longestTimerMs = 2 ** 31 - 1;

/** One timer of the platform's, for delays of any length. */
export function startTimer(ms: number, fire: () => void): TimerHandle {
  let handle = setTimeout(tick, Math.min(ms, longestTimerMs));
  let leftMs = ms - longestTimerMs;
  function tick(): void {
    if (leftMs <= 0) {
      fire();
      return;
    }
    handle = setTimeout(tick, Math.min(leftMs, longestTimerMs));
    leftMs -= longestTimerMs;
  }
  return {
    cancel: () => clearTimeout(handle),
    hold: alive => {
      // Browsers give a number, which holds nothing.
      if (typeof handle === 'object') alive ? handle.ref() : handle.unref();
    },
  };
}

const platform: TimerPlatform = { now: () => performance.now(), start: startTimer };

/** Queues by duration, and the platform function whose timers are in them: a test that replaces it starts with none. */
const queues = new Map<number, TimerQueue>();
let queuedOn: unknown;

/** Durations whose empty queues are kept; there are a handful in use at a time. */
const mostQueues = 32;

/** The queue of all timers of one duration, in milliseconds. */
export function queueOf(ms: number): TimerQueue {
  if (queuedOn !== setTimeout) {
    queues.clear();
    queuedOn = setTimeout;
  }
  const wholeMs = Math.ceil(ms);
  let queue = queues.get(wholeMs);
  if (queue === undefined) {
    queue = new TimerQueue(wholeMs, platform);
    if (queues.size >= mostQueues) forgetEmptyQueues();
    queues.set(wholeMs, queue);
  }
  return queue;
}

function forgetEmptyQueues(): void {
  for (const [ms, queue] of queues) {
    if (!queue.empty) continue;
    queue.stop();
    queues.delete(ms);
  }
}

/** A timer by itself, for one function. */
class SystemTimer implements Timed {
  isOver = false;
  readonly startedMs: number;
  readonly #queue: TimerQueue;
  readonly #fire: () => void;

  constructor(ms: number, fire: () => void, nowMs: number) {
    this.startedMs = nowMs;
    this.#fire = fire;
    this.#queue = queueOf(ms);
    this.#queue.add(this);
  }

  fire(): void {
    this.cancel();
    this.#fire();
  }

  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#queue.ended();
  }
}

/** Calls `fire` once after `ms`; the returned function cancels it. `nowMs`: what the monotonic clock has just said. */
export function setSystemTimer(ms: number, fire: () => void, nowMs = performance.now()): () => void {
  const timer = new SystemTimer(ms, fire, nowMs);
  return () => timer.cancel();
}

/** Calls `fire` again and again. The returned function ends that. */
export function repeatTimer(everyMs: number, fire: () => void): () => void {
  const timer = setInterval(fire, everyMs);
  return () => clearInterval(timer);
}
