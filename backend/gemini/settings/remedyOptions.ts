import { checkObject, checkOneOf } from '../../resilience/optionError.ts';
import { type RemedyName, remedyNames } from '../remedies.ts';

/** `false`: requests are only ever sent again as they are. By finish reason: `{ RECITATION: false }` switches off that one. */
export type RemedyOptions = boolean | { readonly [K in RemedyName]?: boolean | undefined };

const known: ReadonlySet<string> = new Set(remedyNames);

/** @throws OptionError */
export function checkRemedies(field: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  const given = checkObject<Record<string, unknown>>(field, value, known);
  for (const [name, one] of Object.entries(given)) {
    if (one !== undefined) checkOneOf(`${field}.${name}`, one, [true, false]);
  }
}

/** Is the remedy of a finish reason switched on, in settings laid over each other, lowest first? */
export function hasRemedy(name: string, layers: readonly (RemedyOptions | undefined)[]): boolean {
  for (const layer of layers.toReversed()) {
    if (layer === undefined) continue;
    if (typeof layer === 'boolean') return layer;
    const one = (layer as Readonly<Record<string, boolean | undefined>>)[name];
    if (one !== undefined) return one;
  }
  return true;
}
