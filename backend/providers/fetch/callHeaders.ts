import { type CallLimits, limitRange } from '../../resilience/callLimits.ts';
import { checkNumber, type NumberRange, OptionError } from '../../resilience/optionError.ts';

/** Settings of one call. */
export interface FetchCallOptions extends CallLimits {
  /** Retries of every retryable class. An integer from 0 to 1000. */
  readonly maxRetries?: number | undefined;
  /** Higher goes first where calls wait for each other. An integer from -1000 to 1000. @default 0 */
  readonly priority?: number | undefined;
}

const prefix = 'x-geminicore-';

/** What a private header sets, and what it may be. */
const settings: Readonly<Record<string, readonly [keyof FetchCallOptions, NumberRange]>> = {
  'deadline-ms': ['deadlineMs', limitRange],
  'attempt-timeout-ms': ['attemptTimeoutMs', limitRange],
  'first-chunk-timeout-ms': ['firstChunkTimeoutMs', limitRange],
  'idle-timeout-ms': ['idleTimeoutMs', limitRange],
  'total-timeout-ms': ['totalTimeoutMs', limitRange],
  'hedge-after-ms': ['hedgeAfterMs', limitRange],
  'max-retries': ['maxRetries', { min: 0, max: 1000, integer: true }],
  priority: ['priority', { min: -1000, max: 1000, integer: true }],
};

/** The private headers: name, option, and what it may be. */
export const callHeaders = Object.entries(settings).map(([name, [option, range]]) => ({
  name: `${prefix}${name}`,
  option,
  range,
}));

/** Checks settings of one call that are given as options. @throws OptionError */
export function checkCallOptions(field: string, options: FetchCallOptions): FetchCallOptions {
  for (const [name, range] of Object.values(settings)) {
    const value = options[name];
    if (value !== undefined) checkNumber(`${field}.${name}`, value, range);
  }
  return options;
}

/** The names of the settings of one call. */
export const callOptionNames: readonly string[] = Object.values(settings).map(([name]) => name);

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
    const [option, range] = settings[name.slice(prefix.length)] ?? [];
    if (option === undefined || range === undefined)
      throw new OptionError(
        name.slice(0, 60),
        'no setting',
        `one of ${callHeaders.map(({ name: known }) => known).join(', ')}`,
      );
    const value = text.trim() === '' ? Number.NaN : Number(text);
    found[option] = checkNumber(name, Number.isNaN(value) ? text : value, range);
  }
  return found;
}
