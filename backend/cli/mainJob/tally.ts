import type { ResilienceEvent } from '../../resilience/events.ts';
import { type ErrorClass, errorClasses, type Failure } from '../../resilience/failure.ts';
import type { JobAnswer, JobCall } from './jobCall.ts';

/** How a call ended. */
export type JobEnd =
  | { readonly outcome: 'answered'; readonly answer: JobAnswer }
  | { readonly outcome: 'failed'; readonly error: unknown };

/** What is known of one call: its end, and what the events told on the way. */
export class Tally {
  readonly call: JobCall;
  attempts = 0;
  /** One for each attempt that failed, in order. */
  readonly failures: Failure[] = [];
  waitedMs = 0;
  end: JobEnd | undefined;

  constructor(call: JobCall) {
    this.call = call;
  }

  count(event: ResilienceEvent): void {
    if (event.type === 'attempt-start') this.attempts += 1;
    if (event.type === 'attempt-end' && event.failure !== undefined) this.failures.push(event.failure);
    if (event.type === 'retry-wait') this.waitedMs += event.delayMs;
  }

  /** Did it end as it must? A refusal that costs more than one request is none. */
  get asItMust(): boolean {
    const answered = this.end?.outcome === 'answered';
    return this.call.must === 'answer' ? answered : !answered && this.attempts === 1;
  }
}

/** Answers that should have come and did not. */
export function lostAnswers(tallies: readonly Tally[]): readonly Tally[] {
  return tallies.filter(({ call, end }) => call.must === 'answer' && end?.outcome !== 'answered');
}

/** Failed attempts of all calls, for each class that there were any of. */
export function failuresByClass(tallies: readonly Tally[]): ReadonlyArray<readonly [ErrorClass, number]> {
  const all = tallies.flatMap(({ failures }) => failures);
  return errorClasses
    .map(name => [name, all.filter(({ errorClass }) => errorClass === name).length] as const)
    .filter(([, count]) => count > 0);
}
