/** The tables about other SDKs and their providers. */
import { providerReasons } from '../backend/providers/classification/reasons.ts';
import { callHeaders } from '../backend/providers/fetch/callHeaders.ts';
import { standardStrategies } from '../backend/providers/providerOf.ts';
import { errorClasses } from '../backend/resilience/failure.ts';
import type { Strategy } from '../backend/resilience/strategy.ts';
import { type FaultRow, faultRows, sdkRows, streamFaultRows } from '../backend/test/providers/sdkRows.ts';
import { seconds, table } from './markdown.ts';
import { budgets } from './sizes.ts';

/** How each SDK is given the fetch. */
export const sdks = (): string =>
  table(
    ['SDK', 'plug in', 'its own retries off'],
    sdkRows.map(({ name, plug, ownRetries }) => [
      `\`${name}\``,
      `\`${plug}\``,
      ownRetries === undefined ? 'it has none' : `\`${ownRetries}\``,
    ]),
  );

/** What becomes of each fault. */
export function sdkFaults(): string {
  const row = ({ words, sees, requests }: FaultRow) => [
    words,
    sees === 'answer' ? 'the answer' : 'its own error',
    requests,
  ];
  return table(['the first answer', 'the SDK’s user sees', 'requests'], [...faultRows, ...streamFaultRows].map(row));
}

/** The headers that set the limits of one call. */
export const privateHeaders = (): string =>
  table(
    ['header', 'option of `with`', 'range'],
    callHeaders.map(({ name, option, range }) => [
      `\`${name}\``,
      `\`${option}\``,
      `${range.min} – ${range.max}${range.infinity ? ', Infinity' : ''}`,
    ]),
  );

/** Classes and reasons of providers, and how each is retried. */
export const reasonsOfProviders = (): string =>
  table(
    ['class', 'retries', 'reasons'],
    errorClasses.map(errorClass => {
      const names = Object.entries(providerReasons[errorClass]);
      const words = names.map(([name, { retryable }]) => (retryable ? `\`${name}\`` : `\`${name}\` (fails at once)`));
      const all = names.every(([, { retryable }]) => !retryable);
      const listed = all ? names.map(([name]) => `\`${name}\``) : words;
      const { retries, baseMs, maxMs, growth }: Strategy = standardStrategies[errorClass];
      return [
        errorClass,
        retries === 0 ? '0' : `${retries}, ${baseMs / 1000} – ${seconds(maxMs)}, × ${growth}`,
        listed.join(' '),
      ];
    }),
  );

/** What a page loads at most. */
export const sizes = (): string =>
  table(
    ['what a page loads, minified, gzip', 'KB at most'],
    budgets.map(({ name, mostKb }) => [name, mostKb]),
  );
