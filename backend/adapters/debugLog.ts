import createDebug from 'debug';
import type { EventListener, ResilienceEvent } from '../resilience/events.ts';
import type { Failure } from '../resilience/failure.ts';

const write = createDebug('geminicore:retry');

const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'none');

const named = ({ errorClass, reason, status }: Failure): string =>
  `${errorClass}/${reason}${status === undefined ? '' : ` (${status})`}`;

function nextAttempt(wait: Extract<ResilienceEvent, { type: 'retry-wait' }>): string {
  const { attempt, attemptsAllowed, delayMs, source } = wait;
  const asked = source === 'server' ? 'asked for by the server' : 'backoff';
  const of = Number.isFinite(attemptsAllowed) ? ` of ${attemptsAllowed}` : '';
  return `attempt ${attempt + 1}${of} in ${seconds(delayMs)} (${asked})`;
}

/** One line per event, or none. Says class, reason, attempt, wait, who asked for it, and the deadline; nothing secret. */
export function retryLine(event: ResilienceEvent): string | undefined {
  const what = `#${event.callId} ${event.operation}${event.model === undefined ? '' : ` ${event.model}`}`;
  switch (event.type) {
    case 'attempt-start':
    case 'upload-progress':
      return undefined;
    case 'attempt-end':
      if (event.failure === undefined) return undefined;
      return `${what}: attempt ${event.attempt} failed after ${seconds(event.durationMs)}: ${named(event.failure)}`;
    case 'retry-wait':
      return `${what}: ${named(event.failure)}, ${nextAttempt(event)}, deadline left ${seconds(event.deadlineLeftMs)}`;
    case 'requeue':
      return `${what}: ${named(event.failure)} at attempt ${event.attempt}, waits for its turn`;
    case 'gate-wait':
      return `${what}: held back (${event.because}), ${event.position} before it, expected in ${seconds(event.expectedMs)}`;
    case 'hedge':
      return `${what}: no answer after ${seconds(event.afterMs)}, sent a second time`;
    case 'circuit-change':
      return `${what}: circuit of ${event.service} ${event.from} → ${event.to} (${event.because})`;
    case 'remedy':
      return `${what}: attempt ${event.attempt} is sent with ${event.did}, because of ${event.because}`;
    case 'resume':
      return `${what}: ${named(event.failure)} in mid-stream, goes on in ${seconds(event.delayMs)} (${event.times} in a row)`;
    case 'repair':
      return `${what}: ${named(event.failure)}, the model is told and asked again (ask ${event.ask})`;
    case 'tool-end':
      return `${what}: step ${event.step}, tool ${event.tool} ended in ${event.outcome} after ${seconds(event.durationMs)}`;
    case 'tool-step':
      return `${what}: step ${event.step} is over, ${event.tools} tools answered`;
    case 'fallback':
      return `${what}: falls back from ${event.from} to ${event.to} because of ${event.because}`;
    case 'fallback-refused':
      return `${what}: cannot fall back from ${event.from} to ${event.to}: ${event.because}`;
    case 'give-up':
      return `${what}: gave up after attempt ${event.attempt}: ${event.because}, ${named(event.failure)} by rule ${event.failure.rule}`;
    case 'call-end': {
      const end = event.failure === undefined ? event.outcome : `${event.outcome}, ${named(event.failure)}`;
      return event.attempts > 1 || event.failure !== undefined
        ? `${what}: ended in ${end} after ${event.attempts} attempts and ${seconds(event.durationMs)}`
        : undefined;
    }
  }
}

/** Writes `[RETRY]` lines to stderr where `DEBUG` asks for them (`DEBUG=geminicore:*`), and tells the caller's own listener. */
export function attachDebugLog(listener: EventListener | undefined): EventListener | undefined {
  if (!write.enabled) return listener;
  return event => {
    const line = retryLine(event);
    if (line !== undefined) write('[RETRY] %s', line);
    listener?.(event);
  };
}
