/** The many ways to say 429. */

import { jsonPlan, type Plan, wholePlan } from '../plan.ts';
import { quotaErrorBody, type Violation } from '../quotaError.ts';
import type { Fault, FaultContext } from './fault.ts';

function answers(instead: (context: FaultContext) => Plan): Fault {
  return { work: 'none', on: 'any', instead };
}

function spent(violations: readonly Violation[], defaultRetryMs: number): (context: FaultContext) => Plan {
  return ({ request, parameters }) => {
    const { model, location } = request;
    return jsonPlan(
      429,
      quotaErrorBody({ violations, model, location, retryMs: parameters.retryDelayMs ?? defaultRetryMs }),
    );
  };
}

function unspecified(headers: Readonly<Record<string, string>> = {}): Plan {
  const error = { code: 429, message: 'Resource has been exhausted (e.g. check quota).', status: 'RESOURCE_EXHAUSTED' };
  return jsonPlan(429, { error }, headers);
}

function sharedCapacity(): Plan {
  const message =
    'Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.';
  return jsonPlan(429, { error: { code: 429, message, status: 'RESOURCE_EXHAUSTED' } });
}

const perMinute: Violation = { kind: 'requests-per-minute', limit: 10 };
const usualRetryMs = 34_074.824;

/** 429 by what it says: which quota, how long to wait, both, or nothing. */
export const quotaFaults = {
  /** Requests per minute, with RetryInfo. */
  '429': answers(spent([perMinute], usualRetryMs)),
  '429-tokens-per-minute': answers(spent([{ kind: 'input-tokens-per-minute', limit: 250_000 }], usualRetryMs)),
  /** States a short wait although the day's quota is gone. */
  '429-per-day': answers(spent([{ kind: 'requests-per-day', limit: 250 }], 8_336.9)),
  '429-zero-limit': answers(
    spent(
      [
        { kind: 'input-tokens-per-minute', limit: 0 },
        { kind: 'requests-per-minute', limit: 0 },
        { kind: 'requests-per-day', limit: 0 },
      ],
      25_465.784,
    ),
  ),
  '429-pretty': answers(context => {
    const plan = spent([perMinute], usualRetryMs)(context);
    const text = JSON.stringify(JSON.parse(String(plan.pieces[0]?.bytes)), undefined, 2);
    return { ...plan, pieces: [{ bytes: `${text}\n` }] };
  }),
  /** Says nothing but that it is one. */
  '429-unspecified': answers(() => unspecified()),
  '429-retry-after': answers(({ parameters }) =>
    unspecified({ 'retry-after': String(Math.ceil((parameters.retryDelayMs ?? 7000) / 1000)) }),
  ),
  '429-shared-capacity': answers(sharedCapacity),
  '429-text': answers(() => wholePlan(429, { 'content-type': 'text/plain; charset=utf-8' }, 'slow down')),
} as const satisfies Readonly<Record<string, Fault>>;
