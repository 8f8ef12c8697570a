import { type CallLimits, limitRanges } from '../../resilience/callLimits.ts';
import { checkNumber, type NumberRange, OptionError } from '../../resilience/optionError.ts';
import { retryRanges } from '../../resilience/retryConfig.ts';

/** Settings of one call. */
export interface FetchCallOptions extends CallLimits {
  /** Retries of every retryable class. An integer from 0 to 1000. */
  readonly maxRetries?: number | undefined;
  /** Higher goes first where calls wait for each other. An integer from -1000 to 1000. @default 0 */
  readonly priority?: number | undefined;
}

/** What each of these settings may be. */
export const callRanges = {
  ...limitRanges,
  maxRetries: retryRanges.maxRetries,
  priority: { min: -1000, max: 1000, integer: true },
} as const satisfies Record<keyof FetchCallOptions, NumberRange>;

const prefix = 'x-geminicore-';

const inWords = (option: string): string => option.replace(/[A-Z]/g, capital => `-${capital.toLowerCase()}`);

/** The private headers, `x-geminicore-max-retries` for `maxRetries`: name, option, and what it may be. */
export const callHeaders = Object.entries<NumberRange>(callRanges).map(([option, range]) => ({
  name: `${prefix}${inWords(option)}`,
  option,
  range,
}));

/**
 * Takes the private headers of a call out of its headers, whoever set them, and gives what they set. They never leave the machine.
 * @throws OptionError that names the header, its value and the allowed range
 */
export function takeCallOptions(headers: Headers): FetchCallOptions {
  const found: Record<string, number> = {};
  const names = [...headers.keys()].filter(name => name.startsWith(prefix));
  for (const name of names) {
    const text = headers.get(name) ?? '';
    headers.delete(name);
    const known = callHeaders.find(header => header.name === name);
    if (known === undefined)
      throw new OptionError(name.slice(0, 60), 'no setting', `one of ${callHeaders.map(one => one.name).join(', ')}`);
    const value = text.trim() === '' ? Number.NaN : Number(text);
    found[known.option] = checkNumber(name, Number.isNaN(value) ? text : value, known.range);
  }
  return found;
}
