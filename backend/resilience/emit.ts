import type { EventBody, EventListener } from './events.ts';
import type { Failure } from './failure.ts';
import type { Call } from './policy.ts';

/** Tells the call's listener. Callers guard with `call.listener` where building the event costs something. */
export function emit(call: Call, body: EventBody): void {
  const { listener, id, operation, model, runtime } = call;
  if (listener === undefined) return;
  const origin = { callId: id, operation, atMs: runtime.wallClock(), ...(model !== undefined && { model }) };
  try {
    // What it throws, or rejects with, must not cost the caller an answer.
    const told: unknown = listener({ ...origin, ...body } as Parameters<EventListener>[0]);
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // As above.
  }
}

/** Says how the call ended. */
export function endCall(call: Call, outcome: 'success' | 'failure' | 'aborted', failure?: Failure): void {
  if (call.listener === undefined) return;
  const durationMs = call.runtime.now() - call.startedAtMs;
  emit(call, { type: 'call-end', outcome, attempts: call.attempts.length, durationMs, ...(failure && { failure }) });
}
