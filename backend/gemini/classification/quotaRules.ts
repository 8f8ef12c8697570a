import type { QuotaWindow } from '../../resilience/failure.ts';
import type { Facts } from './facts.ts';
import { codeIs, type Rule } from './rule.ts';

/** A wait of an hour or more is not one to sit through. */
const longWaitMs = 3_600_000;

/** What the quota rules know besides the facts. */
type QuotaRule = readonly [Rule[0], Rule[1], (facts: Facts, waitMs: number | undefined) => string | undefined];

const quotaReasons = [
  'RATE_LIMIT_EXCEEDED',
  'USER_RATE_LIMIT_EXCEEDED',
  'QUOTA_EXCEEDED',
  'QUOTA_EXHAUSTED',
  'RESOURCE_QUOTA_EXCEEDED',
  'DAILY_LIMIT_EXCEEDED',
  'INSUFFICIENT_G1_CREDITS_BALANCE',
  'RATE_LIMITED',
];

const quotaWords =
  /exceeded your current quota|exhausted your (?:\w{1,20} )?(?:capacity|quota)|quota will (?:refresh|reset)|resource ?(?:has been )?exhausted|rate[ _-]?limit(?:ed|s|ing|_exceeded)?\b|too many requests|quota (?:(?:limit|has been) )?(?:reached|exceeded|exhausted)|not have enough quota|daily [\w.-]{0,40} ?quota|requests per (?:minute|day)|reached your (?:daily|quota|limit|gemini .{0,20}limit)|free (?:quota )?tier/i;

const billingWords =
  /(?:prepayment|prepaid|your) credits? (?:are|is|have been|balance)[^.]{0,30}(?:depleted|exhausted|too low|used up)|credits? (?:are )?depleted|spend(?:ing)?[ -](?:cap|limit)|insufficient[ _](?:quota\b|credits|balance|funds)|out of credits|requires more credits|billing hard limit|budget (?:has been )?exceeded|credit balance/i;

const isQuota = ({ family, reasons, text, names }: Facts): boolean =>
  family === 'quota' ||
  reasons.some(reason => quotaReasons.includes(reason)) ||
  (family === 'none' &&
    (quotaWords.test(text) ||
      billingWords.test(text) ||
      names.some(name => /^(?:litellm\.)?(?:RateLimitError|ResourceExhausted)$/.test(name))));

const windowIs =
  (...windows: readonly QuotaWindow[]) =>
  ({ quota }: Facts): string | undefined => {
    const found = quota.find(({ window }) => window !== undefined && windows.includes(window));
    return found?.id ?? found?.metric;
  };

/** Day and minute spent at the same moment, and no value for either: 0 is left out of JSON, so the project has none. */
function valuelessEverywhere({ quota }: Facts): string | undefined {
  if (quota.length < 2 || quota.some(({ limit }) => limit !== undefined)) return undefined;
  const windows = quota.map(({ window }) => window);
  return windows.includes('day') && windows.includes('minute')
    ? `${quota.length} violations without a value`
    : undefined;
}

function zeroLimit({ quota, text }: Facts): string | undefined {
  const zero = quota.find(({ limit }) => limit === 0);
  if (zero !== undefined) return `${zero.id ?? zero.metric ?? 'quota'}: limit 0`;
  return /\blimit\s?[:=]\s?0(?![\d.])|quota_(?:limit_)?value: ?"?0"?(?!\d)|does(?:n't| not) have a free (?:quota )?tier|no free (?:quota )?tier|not available (?:in|on) the free (?:quota )?tier|free tier is not available|do(?:es)? not have enough quota/i.exec(
    text,
  )?.[0];
}

function batch({ quota, text }: Facts): string | undefined {
  const named = quota.find(({ id, metric, window }) => {
    const words = `${id ?? ''} ${metric ?? ''}`;
    return window === undefined && (/enqueued/i.test(words) || (/batch/i.test(words) && !/batch_?embed/i.test(words)));
  });
  return (
    named?.id ??
    named?.metric ??
    /enqueued tokens|batch (?:jobs?|mode|api|requests?|predictions?)[^.]{0,60}(?:quota|limit)|(?:quota|limit|too many|concurrent)[^.]{0,60}batch (?:jobs?|mode|api|requests?|predictions?)/i.exec(
      text,
    )?.[0]
  );
}

const storageForm =
  /storage[ _]?(?:quota|limit|bytes|space|tokens)|(?:file|files|cached ?content)[ _]?storage|FileStorage|CachedContentStorage/i;

function storage({ quota, text }: Facts): string | undefined {
  const named = quota.find(({ id, metric }) => storageForm.test(`${id ?? ''} ${metric ?? ''}`));
  return named?.id ?? named?.metric ?? storageForm.exec(text)?.[0];
}

/** Bullets give a limit but no window; a handful of requests, or tokens, with a wait of at most a minute is the minute's. */
function looksPerMinute({ quota }: Facts, waitMs: number | undefined): string | undefined {
  if (waitMs === undefined || waitMs > 61_000) return undefined;
  const found = quota.find(({ metric, limit }) => limit !== undefined && (limit <= 15 || /token/i.test(metric ?? '')));
  return found?.metric;
}

const stated = (waitMs: number | undefined): string => `a stated wait of ${waitMs} ms`;

const rules: readonly QuotaRule[] = [
  [
    'message-above-grpc-limit',
    'payload-too-large',
    ({ text }) => /(?:received|sent) message larger than max/i.exec(text)?.[0],
  ],
  [
    'credit-spent',
    'quota-billing',
    ({ reasons, codes, text }) =>
      reasons.find(reason => reason.startsWith('INSUFFICIENT_')) ??
      codes.find(code => code === 'INSUFFICIENT_QUOTA' || code === 'PAYMENT_REQUIRED') ??
      billingWords.exec(text)?.[0],
  ],
  ['limit-is-zero', 'quota-zero-limit', zeroLimit],
  ['no-value-in-any-window', 'quota-zero-limit', valuelessEverywhere],
  ['storage-full', 'quota-storage', storage],
  ['day-violation', 'quota-per-day', windowIs('day')],
  ['daily-limit-reason', 'quota-per-day', ({ reasons }) => reasons.find(reason => reason === 'DAILY_LIMIT_EXCEEDED')],
  [
    'day-in-words',
    'quota-per-day',
    ({ text }) =>
      /daily (?:[\w.-]{1,40} )?(?:quota|limit|request|token)|per[ -]day\b|PerDay|requests? for (?:today|the day)/i.exec(
        text,
      )?.[0],
  ],
  ['month-violation', 'quota-long-wait', windowIs('month')],
  [
    'long-stated-wait',
    'quota-long-wait',
    (_, waitMs) => (waitMs !== undefined && waitMs >= longWaitMs ? stated(waitMs) : undefined),
  ],
  ['individual-quota', 'quota-long-wait', ({ text }) => /individual quota reached/i.exec(text)?.[0]],
  ['batch-full', 'quota-batch', batch],
  [
    'model-capacity-reason',
    'model-capacity',
    ({ reasons }) => reasons.find(reason => reason === 'MODEL_CAPACITY_EXHAUSTED'),
  ],
  ['minute-violation', 'quota-per-minute', windowIs('minute', 'second')],
  [
    'minute-in-words',
    'quota-per-minute',
    ({ text }) => /per[ _-]?min(?:ute)?\b|\b[rt]pm\b|per second/i.exec(text)?.[0],
  ],
  ['small-limit-short-wait', 'quota-per-minute', looksPerMinute],
  [
    'model-capacity-in-words',
    'model-capacity',
    ({ text }) =>
      /no capacity available|model is (?:currently )?overloaded|high (?:demand|load)|model capacity|at capacity/i.exec(
        text,
      )?.[0],
  ],
  [
    'hour-violation',
    'quota-long-wait',
    (facts, waitMs) => (waitMs === undefined ? windowIs('hour')(facts) : undefined),
  ],
  [
    'capacity-resets-soon',
    'quota-short-wait',
    ({ text, reasons }, waitMs) =>
      waitMs !== undefined &&
      (reasons.includes('QUOTA_EXHAUSTED') ||
        /exhausted your capacity|quota will reset|resets? (?:after|in) /i.test(text))
        ? stated(waitMs)
        : undefined,
  ],
  [
    'vertex-shared-capacity',
    'quota-shared-capacity',
    ({ text }) =>
      /resource exhausted[.,] please try again later|error-code-429|dynamic shared quota|shared (?:capacity|quota)/i.exec(
        text,
      )?.[0],
  ],
  [
    'rate-limit-with-wait',
    'quota-short-wait',
    ({ reasons, rpcStatus }, waitMs) =>
      waitMs !== undefined && rpcStatus === undefined && reasons.includes('RATE_LIMIT_EXCEEDED')
        ? stated(waitMs)
        : undefined,
  ],
  // The Interactions API has two names: the one for a day's quota, the other for a minute's.
  codeIs('day-code', 'quota-per-day', 'QUOTA_EXCEEDED'),
  codeIs('minute-code', 'quota-per-minute', 'RATE_LIMIT_EXCEEDED'),
  [
    'quota-without-details',
    'quota-unspecified',
    ({ status, rpcStatus, reasons, text }) =>
      status === 429 ? 'status 429' : (rpcStatus ?? reasons[0] ?? quotaWords.exec(text)?.[0] ?? 'a quota error'),
  ],
];

/** The quota rules, most final first: what no wait can cure must not be read as what a wait cures. */
export function quotaRules(waitMs: number | undefined): readonly Rule[] {
  return rules.map(
    ([name, reason, evidence]) =>
      [name, reason, facts => (isQuota(facts) ? evidence(facts, waitMs) : undefined)] as const,
  );
}
