import type { ProviderReason } from './reasons.ts';
import type { WireFacts } from './wireFacts.ts';

/** What a rule read, as evidence; nothing where it does not apply. */
export type RuleTest = (facts: WireFacts) => string | false | undefined;

/** The name of the rule, the reason that it finds, and when. The first that applies decides: the list is the specification. */
export type Rule = readonly [name: string, reason: ProviderReason, test: RuleTest];

/** An answer whose kind, by type or code, is one of these words. */
export const kindIs = (name: string, reason: ProviderReason, ...kinds: readonly string[]): Rule => [
  name,
  reason,
  ({ type, code }) => [type, code].find(kind => kinds.includes(kind)),
];

/**
 * An answer with one of these statuses, whose words, be they kind or message, have the form where one is given. `undefined`: an error
 * inside a stream that states no status.
 */
export const statusIs = (
  name: string,
  reason: ProviderReason,
  statuses: readonly (number | undefined)[],
  form?: RegExp,
): Rule => [
  name,
  reason,
  ({ status, answered, type, code, message }) => {
    if (!answered || !statuses.includes(status)) return undefined;
    return form === undefined ? `HTTP ${status}` : form.exec(`${type} ${code} ${message}`)?.[0];
  },
];

/** An answer or an exception, by its message alone. */
export const messageIs = (name: string, reason: ProviderReason, form: RegExp): Rule => [
  name,
  reason,
  ({ message }) => form.exec(message)?.[0],
];

/** An answer with this status or one above it. */
export const statusFrom = (name: string, reason: ProviderReason, least: number): Rule => [
  name,
  reason,
  ({ status = 0 }) => status >= least && `HTTP ${status}`,
];

/** An exception without an answer, by a code or a name in its chain. */
export const codeIs = (name: string, reason: ProviderReason, form: RegExp): Rule => [
  name,
  reason,
  ({ answered, codes }) => (answered ? undefined : codes.findLast(code => form.test(code))),
];

/** An exception without an answer, by its words. */
export const saidIs = (name: string, reason: ProviderReason, form: RegExp): Rule => [
  name,
  reason,
  ({ answered, words }) => (answered ? undefined : form.exec(words)?.[0]),
];
