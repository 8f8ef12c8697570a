import { limitRange } from '../../resilience/callLimits.ts';
import { checkFunction, checkIsObject, checkNumber, checkObject } from '../../resilience/optionError.ts';

export {
  type CallLimits,
  checkCallSignal,
  checkLimits,
  defaultLimits,
  limitNames,
  limitRanges,
  mergeLimits,
  type ResolvedLimits,
} from '../../resilience/callLimits.ts';

const httpKeys: ReadonlySet<string> = new Set(
  'baseUrl baseUrlResourceScope apiVersion headers timeout extraBody retryOptions fetch'.split(' '),
);

/** Checks what of the official client's HTTP options is ours to carry out. @throws OptionError */
export function checkHttpOptions(field: string, value: unknown): void {
  const { timeout, fetch, headers } = checkObject<Record<string, unknown>>(field, value, httpKeys);
  if (timeout !== undefined) checkNumber(`${field}.timeout`, timeout, limitRange);
  if (fetch !== undefined) checkFunction(`${field}.fetch`, fetch);
  if (headers !== undefined) checkIsObject(`${field}.headers`, headers);
}
