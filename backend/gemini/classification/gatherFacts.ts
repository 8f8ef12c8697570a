import { asyncSystemRuntime } from '../../resilience/runtime.ts';
import type { Collected } from './collector.ts';
import { type Facts, familyOf, longestProse } from './facts.ts';
import { violationsInProse } from './quota.ts';
import { isException, isObject, read } from './safeRead.ts';
import { httpStatusInText, httpStatusOf, rpcStatusInText } from './statusNames.ts';
import { successBodyOf } from './successBody.ts';
import { statedWaitMs } from './waits.ts';
import { collect } from './walk.ts';

/** What was found out about one value. `retryAfterMs` is what the server stated. */
export interface Gathered {
  readonly facts: Facts;
  readonly retryAfterMs: number | undefined;
}

/** Everything that the rules need to know about a value, whatever it is. */
export function gatherFacts(error: unknown, wallClockMs: number | undefined): Gathered {
  const collected = collect(error);
  const { status, rpcStatus } = settleStatus(collected);
  const family = familyOf(status, rpcStatus);
  const text = matchedText(collected, status !== undefined);
  const quota = collected.quota.length > 0 ? collected.quota : violationsInProse(text);
  const answer = successBodyOf(error);
  const isBare = collected.results.length === 0 && answer?.kind === 'object' && !collected.hasErrorBody;
  const isWhole = answer === undefined || answer.kind === 'object';
  const results = isBare ? [answer.body] : isWhole ? collected.results : [];
  const facts: Facts = {
    status,
    rpcStatus,
    family,
    reasons: [...collected.reasons, ...reasonsInProto(text)],
    codes: collected.codes,
    names: collected.names,
    closeCode: collected.closeCode ?? closeCodeIn(collected, status),
    quota,
    text,
    prose: family === 'request' ? withoutQuotes(text) : text,
    message: innermost(collected),
    results,
    hasErrorBody: collected.hasErrorBody && familyOf(collected.status, undefined) === 'success',
    brokenBody: isWhole ? undefined : answer.kind,
    kind: kindOf(error),
  };
  const waits = {
    ...definedWaits(collected),
    prose: family === 'request' || family === 'auth' ? '' : text,
  };
  return { facts, retryAfterMs: statedWaitMs(waits, () => wallClockMs ?? asyncSystemRuntime.wallClock()) };
}

function definedWaits({ retryInfoMs, resetDelayMs, headers }: Collected) {
  return {
    ...(retryInfoMs !== undefined && { retryInfoMs }),
    ...(resetDelayMs !== undefined && { resetDelayMs }),
    ...(headers.retryAfterMs !== undefined && { retryAfterMsHeader: headers.retryAfterMs }),
    ...(headers.retryAfter !== undefined && { retryAfterHeader: headers.retryAfter }),
    ...(headers.date !== undefined && { dateHeader: headers.date }),
  };
}

interface Statuses {
  readonly status: number | undefined;
  readonly rpcStatus: string | undefined;
}

/** Fields first, then the names they imply, then words, then the kind; an error inside an HTTP 200 takes its own status. */
function settleStatus(collected: Collected): Statuses {
  const { status, rpcStatus, typeStatus, exceptionTexts, bodyTexts, closeCode, hasErrorBody } = collected;
  if (status !== undefined && status >= 300) return { status, rpcStatus: rpcStatus ?? typeStatus };
  if (rpcStatus !== undefined) return { status: httpStatusOf(rpcStatus) ?? status, rpcStatus };
  if (closeCode !== undefined || (status !== undefined && !hasErrorBody)) return { status, rpcStatus };
  for (const words of [...exceptionTexts, ...bodyTexts]) {
    const head = words.slice(0, 600);
    const stated = httpStatusInText(head);
    const name = rpcStatusInText(head);
    if (stated !== undefined) return { status: stated, rpcStatus: name };
    if (name !== undefined) return { status: httpStatusOf(name), rpcStatus: name };
  }
  return { status: typeStatus === undefined ? undefined : httpStatusOf(typeStatus), rpcStatus: typeStatus };
}

/** With a status, the server's own words decide and a wrapper's do not; without one, every word helps. */
function matchedText({ bodyTexts, exceptionTexts, hintTexts }: Collected, hasStatus: boolean): string {
  const texts = hasStatus && bodyTexts.length > 0 ? bodyTexts : [...exceptionTexts, ...bodyTexts];
  return [...texts, ...hintTexts].join('\n').slice(0, longestProse);
}

function innermost({ bodyTexts, exceptionTexts }: Collected): string {
  const body = bodyTexts.findLast(words => /\s/.test(words)) ?? bodyTexts.at(-1);
  return body ?? exceptionTexts.join(': ');
}

/** Text in double quotes, backticks, or single quotes that stand apart from words: what an error quotes. */
function withoutQuotes(text: string): string {
  return text
    .replace(/"[^"\n]*(?:"|$)/g, '""')
    .replace(/`[^`\n]*`/g, '``')
    .replace(/(^|[\s:(=[])'[^'\n]*'(?=[\s.,;:)\]]|$)/g, "$1''");
}

/** ErrorInfo in text format, as Python prints it: `reason: "RATE_LIMIT_EXCEEDED"`. */
function reasonsInProto(text: string): string[] {
  return [...text.matchAll(/\breason: "([A-Z][A-Z_]{2,60})"/g)].slice(0, 10).map(([, reason]) => reason ?? '');
}

/** A close code in words: "received 1011 (internal error)", "code: 1008", "closed with code 1006". */
function closeCodeIn({ exceptionTexts, names }: Collected, status: number | undefined): number | undefined {
  if (status !== undefined) return undefined;
  const words = exceptionTexts.join('\n').slice(0, longestProse);
  const isSocket =
    /websocket|web socket|\bws\b|connection ?closed|socket closed|close frame|keepalive ping|close code|session closed/i.test(
      `${names.join(' ')} ${words}`,
    );
  const form =
    /(?:received|sent|code|closed|status|setup|failed|error)\W{0,3}\(?(10(?:0[0-9]|1[0-5]))\b|^(10(?:0[0-9]|1[0-5])) [A-Za-z(]/i.exec(
      words,
    );
  const code = Number(form?.[1] ?? form?.[2]);
  return isSocket || form?.[2] !== undefined ? (Number.isNaN(code) ? undefined : code) : undefined;
}

function kindOf(error: unknown): string {
  if (!isObject(error)) return error === null ? 'null' : typeof error;
  const name = read(error, 'name');
  return typeof name === 'string' && name !== '' ? name.slice(0, 100) : isException(error) ? 'Error' : 'object';
}
