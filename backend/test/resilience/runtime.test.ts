import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRuntime, systemRuntime } from '../../resilience/wholeRuntime.ts';

describe('the system’s timers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('fire once, when due, in the order of their setting', () => {
    const fired: string[] = [];
    systemRuntime.setTimer(1_000, () => fired.push('first'));
    vi.advanceTimersByTime(400);
    systemRuntime.setTimer(1_000, () => fired.push('second'));
    vi.advanceTimersByTime(599);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['first']);
    vi.advanceTimersByTime(400);
    expect(fired).toEqual(['first', 'second']);
    vi.advanceTimersByTime(10_000);
    expect(fired).toEqual(['first', 'second']);
  });

  it('do not fire once cancelled, also by one that fires with them', () => {
    const fired: string[] = [];
    const cancels: (() => void)[] = [];
    systemRuntime.setTimer(50, () => {
      fired.push('one');
      cancels[0]?.();
    });
    cancels.push(systemRuntime.setTimer(50, () => fired.push('two')));
    systemRuntime.setTimer(50, () => fired.push('three'));
    vi.advanceTimersByTime(60);
    expect(fired).toEqual(['one', 'three']);
  });

  it('of one duration share one timer of the platform', () => {
    const before = vi.getTimerCount();
    const cancels = Array.from({ length: 1_000 }, () => systemRuntime.setTimer(7_777, () => {}));
    expect(vi.getTimerCount() - before).toBe(1);
    for (const cancel of cancels) cancel();
  });

  it('may be set while others fire', () => {
    const fired: number[] = [];
    systemRuntime.setTimer(10, () => {
      systemRuntime.setTimer(10, () => fired.push(20));
    });
    vi.advanceTimersByTime(10);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(fired).toEqual([20]);
  });

  it('hold delays that no platform timer can', async () => {
    const done = vi.fn();
    void systemRuntime.sleep(2 ** 31 + 5_000).then(done);
    await vi.advanceTimersByTimeAsync(2 ** 31 + 4_000);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(done).toHaveBeenCalledOnce();
  });
});

describe('sleep', () => {
  it('ends at once when its signal aborts, and leaves no listener', async () => {
    const controller = new AbortController();
    const sleeping = systemRuntime.sleep(60_000, controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    await sleeping;
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not begin on an aborted signal, nor for no time', async () => {
    await systemRuntime.sleep(60_000, AbortSignal.abort());
    await systemRuntime.sleep(0);
  });
});

describe('a runtime of the caller’s own', () => {
  it('keeps what it brings and takes the rest from the system', () => {
    const random = () => 0.25;
    const runtime = createRuntime({ random });
    expect(runtime.random()).toBe(0.25);
    expect(runtime.setTimer).toBe(systemRuntime.setTimer);
  });

  it('may be an object of any kind, with methods and more', async () => {
    class Clock {
      slept = 0;
      async sleep(ms: number): Promise<void> {
        this.slept += ms;
      }
    }
    const clock = new Clock();
    await createRuntime(clock).sleep(30);
    expect(clock.slept).toBe(30);
  });

  it('moves the wall clock with its own clock', () => {
    let nowMs = 0;
    const runtime = createRuntime({ now: () => nowMs });
    const before = runtime.wallClock();
    nowMs = 3_600_000;
    expect(runtime.wallClock() - before).toBe(3_600_000);
  });

  it('fires timers by its own clock, although it brings none', async () => {
    let nowMs = 0;
    const runtime = createRuntime({ now: () => nowMs });
    const fired = new Promise<void>(resolve => runtime.setTimer(300_000, resolve));
    nowMs = 300_000;
    await fired;
  });

  it('fires timers by real time, although its own clock stands still', async () => {
    const runtime = createRuntime({ now: () => 0 });
    await new Promise<void>(resolve => runtime.setTimer(20, resolve));
  });

  it('blocks the thread where asked to', () => {
    const start = performance.now();
    systemRuntime.sleepSync(15);
    expect(performance.now() - start).toBeGreaterThanOrEqual(14);
  });
});
