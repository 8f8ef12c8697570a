/**
 * Faults by chance. What happens to a request depends on the seed, on what it asks for and on how often it was sent before,
 * and not on the order in which requests arrive: the same work meets the same weather, however it is scheduled.
 */

import { checkFields, checkInteger, checkNumber, checkOneOf, refuse } from './check.ts';
import { appliesTo, type FaultName, faultNames } from './faults/table.ts';
import { drawFor } from './random.ts';
import type { SimulatedRequest } from './request.ts';

/** How often which fault happens by chance. */
export interface Weather {
  /** A whole number. @default 1 */
  readonly seed?: number;
  /** The share of requests that each fault happens to, each in [0, 1], at most 1 in sum. */
  readonly rates: Readonly<Partial<Record<FaultName, number>>>;
}

/** Three kinds of weather to choose by name. */
export const weatherPresets = {
  fair: { '503': 0.02, '500': 0.005, 'reset-before-headers': 0.005 },
  rough: {
    '503': 0.1,
    '500': 0.02,
    '429-unspecified': 0.03,
    '502-html': 0.01,
    'reset-before-headers': 0.03,
    'reset-mid-body': 0.02,
    'sse-error-mid': 0.02,
    'no-finish-reason': 0.02,
    'finish-malformed-function-call': 0.01,
  },
  storm: {
    '503': 0.25,
    '500': 0.06,
    '504': 0.04,
    '429-shared-capacity': 0.05,
    '502-html': 0.03,
    '503-json-empty': 0.02,
    'reset-before-headers': 0.07,
    'fin-mid-body': 0.04,
    'reset-mid-body': 0.04,
    'sse-error-mid': 0.03,
    'sse-truncated-event': 0.02,
    'no-finish-reason': 0.03,
    'no-candidates': 0.02,
    '200-invalid-json': 0.02,
  },
} as const satisfies Readonly<Record<string, Weather['rates']>>;

/** Passes weather whose names are known and whose rates can be true together. */
export function checkWeather(field: string, weather: Weather | undefined): void {
  if (weather === undefined) return;
  checkFields(field, weather, ['seed', 'rates']);
  checkInteger(`${field}.seed`, weather.seed, [0, 2 ** 32 - 1]);
  if (typeof weather.rates !== 'object') refuse(`${field}.rates`, weather.rates, 'an object of fault names and rates');
  let sum = 0;
  for (const [name, rate] of Object.entries(weather.rates)) {
    checkOneOf(`a name in ${field}.rates`, name, faultNames);
    checkNumber(`${field}.rates['${name}']`, rate, [0, 1]);
    sum += rate;
  }
  if (sum > 1 + 1e-9) refuse(`the sum of ${field}.rates`, sum, 'a number from 0 to 1');
}

/** The fault that the weather brings to the `nth` sending of this request, if any. */
export function drawFault({ seed = 1, rates }: Weather, request: SimulatedRequest, nth: number): FaultName | undefined {
  let left = drawFor(seed, `${request.promptHash} ${nth}`);
  for (const name of faultNames) {
    const rate = rates[name] ?? 0;
    if (left < rate) return appliesTo(name, request) ? name : undefined;
    left -= rate;
  }
  return undefined;
}
