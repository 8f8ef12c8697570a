import { type ErrorClass, errorClasses } from '../../resilience/failure.ts';
import type { FallbackTarget } from '../../resilience/fallbackTarget.ts';
import { checkObject, OptionError, show } from '../../resilience/optionError.ts';
import { type GeminiReason, reasonsByClass } from '../reasons.ts';
import type { RetargetTo } from './retarget.ts';

/** Where a call goes when the model that it asks fails for good. What is left out stays as it is. */
export interface GeminiFallback extends RetargetTo {
  /** The reasons and error classes that lead there. @default defaultFallbackReasons */
  readonly when?: readonly (GeminiReason | ErrorClass)[] | undefined;
}

/** What another model, key or location gets around, and waiting does not: each after the retries that it is worth. */
export const defaultFallbackReasons = [
  'quota-per-day',
  'quota-zero-limit',
  'quota-billing',
  'model-capacity',
  'overloaded',
  'model-not-found',
  'region-blocked',
] as const satisfies readonly GeminiReason[];

const known: ReadonlySet<string> = new Set([...errorClasses, ...Object.values(reasonsByClass).flat()]);
const optionKeys: ReadonlySet<string> = new Set(['model', 'apiKey', 'location', 'when']);

const patterns = {
  model: [/^(?:models\/)?[\w.@-]+$/, 'the plain name of a model, for instance "gemini-flash-latest"'],
  apiKey: [/^[\x21-\x7e]+$/, 'a key of printable ASCII characters'],
  location: [/^[a-z][a-z\d-]*$/, 'a location, for instance "europe-west4"'],
} as const;

type Place = keyof typeof patterns;
const places = Object.keys(patterns) as readonly Place[];

/** Nothing of a key is ever shown. */
const shown = (place: Place, value: unknown): string =>
  place === 'apiKey' && typeof value === 'string' ? `a text of ${value.length} characters` : show(value);

function checkFallback(field: string, value: unknown): GeminiFallback {
  const target = checkObject<GeminiFallback>(field, value, optionKeys);
  for (const place of places) {
    const [pattern, allowed] = patterns[place];
    const given: unknown = target[place];
    if (given === undefined || (typeof given === 'string' && pattern.test(given))) continue;
    throw new OptionError(`${field}.${place}`, shown(place, given), allowed);
  }
  if (places.every(place => target[place] === undefined)) {
    throw new OptionError(field, 'a target that changes nothing', 'one with a model, an apiKey or a location');
  }
  const { when } = target;
  if (when !== undefined && !Array.isArray(when)) throw new OptionError(`${field}.when`, show(when), 'an array');
  for (const [at, word] of (when ?? []).entries()) {
    if (!known.has(word)) throw new OptionError(`${field}.when[${at}]`, show(word), 'an error class or a reason');
  }
  return target;
}

/** A target in words that hold no secret. */
function nameOf({ model, location, apiKey }: RetargetTo, at: number): string {
  const what = model?.replace('models/', '') ?? (location === undefined ? undefined : 'the same model');
  const where = location === undefined ? '' : ` in ${location}`;
  if (apiKey === undefined) return `${what}${where}`;
  return what === undefined ? `key ${at + 1}` : `${what}${where} with key ${at + 1}`;
}

/** The targets that the setting stands for: a model's name, or what changes. Best first. @throws OptionError */
export function fallbackTargets(field: string, value: unknown): readonly FallbackTarget<RetargetTo>[] {
  if (!Array.isArray(value)) throw new OptionError(field, show(value), 'an array of models or of targets');
  return value.map((entry: unknown, at) => {
    const { when, ...to } = checkFallback(`${field}[${at}]`, typeof entry === 'string' ? { model: entry } : entry);
    return { name: nameOf(to, at), to, when: when ?? defaultFallbackReasons };
  });
}

/** All targets' keys, which nobody may be shown. */
export const keysOf = (targets: readonly FallbackTarget<RetargetTo>[]): readonly string[] =>
  targets.flatMap(({ to }) => to.apiKey ?? []);
