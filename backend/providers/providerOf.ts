import type { CallLimits } from '../resilience/callLimits.ts';
import type { ErrorClass, Failure, QuotaViolation } from '../resilience/failure.ts';
import type { Provider } from '../resilience/provider.ts';
import type { QuotaReading } from '../resilience/quota/quotaGate.ts';
import type { QuotaReport } from '../resilience/quotaReport.ts';
import { asyncSystemRuntime } from '../resilience/runtime.ts';
import type { Strategy } from '../resilience/strategy.ts';
import { generalRules } from './classification/generalRules.ts';
import { providerFailure } from './classification/providerFailure.ts';
import { isReason, type ProviderReason } from './classification/reasons.ts';
import type { Rule } from './classification/rules.ts';
import { type WireFacts, wireFacts } from './classification/wireFacts.ts';
import { repeatableRequest } from './repeatableRequest.ts';
import { defaultEvent } from './streamSigns.ts';

/** What is special about a provider. Everything may be left out but the name: what is true of every service over HTTP is known. */
export interface ProviderDefinition {
  readonly name: string;
  /** Asked before the general rules; the first that applies decides. What a test throws is ignored. */
  readonly rules?: readonly Rule[] | undefined;
  /** What to do about a reason, where it is more than the reason says. */
  readonly advice?: Partial<Record<ProviderReason, string>> | undefined;
  /** Rows for classes, and for reasons, which win. */
  readonly strategies?: Partial<Record<ErrorClass | ProviderReason, Strategy>> | undefined;
  readonly limits?: CallLimits | undefined;
  /** The quotas that a refusal names. */
  readonly violations?: ((facts: WireFacts) => readonly QuotaViolation[]) | undefined;
  /** The quotas that the headers of any answer state. */
  readonly quotasIn?: ((headers: Headers, wallMs: number) => readonly QuotaReport[]) | undefined;
  /** What one event of a stream says. `open`: answers side by side that have begun and not ended. @default by `[DONE]` and `error` */
  readonly readEvent?: Provider['readEvent'] | undefined;
  /** Whether a stream without an end mark was cut off. @default false */
  readonly marksEnd?: boolean | undefined;
  /** Which requests create nothing. `body`: where it is text. @default by method, and by paths that nothing but models have */
  readonly repeatable?: Provider['repeatable'] | undefined;
}

/** How often and how long, where neither provider nor caller says otherwise. */
export const standardStrategies = {
  quota: { retries: 3, baseMs: 2_000, maxMs: 60_000, growth: 2, jitter: 'full' },
  server: { retries: 3, baseMs: 1_000, maxMs: 30_000, growth: 2, jitter: 'full' },
  network: { retries: 3, baseMs: 500, maxMs: 30_000, growth: 2, jitter: 'full' },
  auth: { retries: 0, baseMs: 0, maxMs: 0, growth: 1, jitter: 'none' },
  request: { retries: 0, baseMs: 0, maxMs: 0, growth: 1, jitter: 'none' },
} as const satisfies Record<ErrorClass, Strategy>;

/** Credit may have been bought after so long, and a limit of the account raised. In milliseconds. */
const lookAgainMs = 60_000;

/** Until when calls of the same scope need not ask: for what was spent for good, but not for what one request asked too much of. */
const quotaReading: QuotaReading = {
  spentUntil: ({ retryable, reason, retryAfterMs = lookAgainMs }, wallMs) =>
    retryable ? undefined : wallMs + (reason === 'quota-billing' ? lookAgainMs : retryAfterMs),
};

/** A provider from what is special about it, as it stands: `defineProvider` checks it before. */
export function providerOf(definition: ProviderDefinition): Provider {
  const { name, rules = [], advice, strategies = {}, limits = {}, violations } = definition;
  const rows: Partial<Record<string, Strategy>> = { ...standardStrategies, ...strategies };
  const strategyFor = ({ reason, errorClass, retryable }: Failure): Strategy => {
    const row = rows[reason] ?? rows[errorClass] ?? standardStrategies.request;
    // The server asked for what no client would do by itself.
    return retryable && row === standardStrategies[errorClass] && row.retries === 0 ? standardStrategies.server : row;
  };
  return Object.freeze({
    name,
    classify: (caught: unknown, wallMs = asyncSystemRuntime.wallClock()) =>
      providerFailure(wireFacts(caught), { rules, advice, violations, wallMs }, generalRules),
    knowsReason: isReason,
    strategyFor,
    limits,
    readEvent: definition.readEvent ?? defaultEvent,
    marksEnd: definition.marksEnd ?? false,
    quotasIn: definition.quotasIn ?? (() => []),
    repeatable: definition.repeatable ?? repeatableRequest(),
    quotaReading,
  });
}
