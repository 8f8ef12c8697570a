import type { QuotaViolation, QuotaWindow } from '../../resilience/failure.ts';
import { isObject, read, readString } from './safeRead.ts';

/** Window names as they stand in ids (`PerDay`), metrics (`_per_minute_`) and prose ("per day per user"). Longest window first. */
const windowForms: ReadonlyArray<readonly [QuotaWindow, RegExp]> = [
  ['month', /per[ _-]?month|monthly/i],
  ['day', /per[ _-]?day|daily|perday/i],
  ['hour', /per[ _-]?hour|hourly/i],
  ['minute', /per[ _-]?minute|per[ _-]?min\b/i],
  ['second', /per[ _-]?second/i],
];

/** The window that the first of the texts names which names one. */
export function windowIn(...texts: readonly (string | undefined)[]): QuotaWindow | undefined {
  for (const text of texts) {
    if (text === undefined) continue;
    const found = windowForms.find(([, form]) => form.test(text));
    if (found !== undefined) return found[0];
  }
  return undefined;
}

/** Leaves out what is unknown, because an absent property and an undefined one differ to a reader of JSON. */
function violation(parts: { readonly [K in keyof QuotaViolation]: QuotaViolation[K] | undefined }): QuotaViolation {
  const known = Object.entries(parts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known);
}

/** One entry of a QuotaFailure, in camel case (JSON) or snake case (a library that decoded the proto). */
export function violationOf(value: unknown): QuotaViolation | undefined {
  if (!isObject(value)) return undefined;
  const pick = (...keys: readonly string[]): string | undefined => {
    for (const key of keys) {
      const found = readString(value, key)?.slice(0, 300);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const metric = pick('quotaMetric', 'quota_metric', 'metric');
  const id = pick('quotaId', 'quota_id', 'limitName');
  const words = pick('description', 'subject');
  const dimensions = read(value, 'quotaDimensions') ?? read(value, 'quota_dimensions');
  const [model, location] = isObject(dimensions)
    ? [
        readString(dimensions, 'model') ?? readString(dimensions, 'base_model'),
        readString(dimensions, 'location') ?? readString(dimensions, 'region'),
      ]
    : [];
  return violation({
    metric,
    id: id ?? (metric === undefined ? words : undefined),
    limit: limitOf(read(value, 'quotaValue') ?? read(value, 'quota_value') ?? read(value, 'limit')),
    window: windowIn(id, metric, words),
    model,
    location,
  });
}

function limitOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const limit = Number(value);
  return value === '' || !Number.isFinite(limit) || limit < 0 ? undefined : limit;
}

/** The metadata of an ErrorInfo that speaks of a quota. */
export function violationOfMetadata(metadata: object): QuotaViolation | undefined {
  const metric = readString(metadata, 'quota_metric');
  const id = readString(metadata, 'quota_limit');
  if (metric === undefined && id === undefined) return undefined;
  return violation({
    metric,
    id,
    limit: limitOf(read(metadata, 'quota_limit_value')),
    window: windowIn(id, readString(metadata, 'quota_unit'), metric),
    model: readString(metadata, 'model'),
    location: readString(metadata, 'quota_location'),
  });
}

const bullet =
  /quota exceeded for (?:quota )?metric: ([\w./-]{1,200})(?:, limit: (\d{1,15}))?(?:, model: ([\w.@/-]{1,100}))?/gi;
const named = /quota exceeded for (?:quota )?metric '([^']{1,200})' and limit '([^']{1,200})'/gi;
const based =
  /quota exceeded for ([\w-]{1,60}\.googleapis\.com\/[\w./-]{1,150})(?: with base model: ([\w.@/-]{0,99}\w))?/gi;
const protoId = /quota_(?:id|limit)"?:?\s{0,9}(?:value:)?\s{0,3}"([\w-]{1,200})"/g;
const protoMetric = /quota_metric"?:?\s{0,9}(?:value:)?\s{0,3}"([\w./-]{1,200})"/;
const protoValue = /quota_(?:limit_)?value"?:?\s{0,9}(?:value:)?\s{0,3}"?(\d{1,15})/g;

/** Violations that only the prose names: bullets, the older sentence, Vertex's sentence, and text-format protos. */
export function violationsInProse(prose: string): QuotaViolation[] {
  const found: QuotaViolation[] = [];
  const add = (form: RegExp, build: (match: RegExpExecArray) => QuotaViolation): void => {
    form.lastIndex = 0;
    for (let match = form.exec(prose); match !== null && found.length < 20; match = form.exec(prose))
      found.push(build(match));
  };
  add(bullet, ([, metric, limit, model]) =>
    violation({ metric, id: undefined, limit: limitOf(limit), window: windowIn(metric), model, location: undefined }),
  );
  add(named, ([, metric, id]) =>
    violation({ metric, id, limit: undefined, window: windowIn(id, metric), model: undefined, location: undefined }),
  );
  add(based, ([, metric, model]) =>
    violation({ metric, id: undefined, limit: undefined, window: windowIn(metric), model, location: undefined }),
  );
  addProto(prose, found);
  return found;
}

/** In a text-format proto the n-th id goes with the n-th value; one that was left out is 0 or unknown, so only full sets pair. */
function addProto(prose: string, found: QuotaViolation[]): void {
  const ids = [...prose.matchAll(protoId)].slice(0, 20);
  const values = [...prose.matchAll(protoValue)].slice(0, 20);
  const metric = protoMetric.exec(prose)?.[1];
  const paired = ids.length === values.length;
  ids.forEach(([, id], index) => {
    const limit = paired ? limitOf(values[index]?.[1]) : undefined;
    found.push(violation({ metric, id, limit, window: windowIn(id, metric), model: undefined, location: undefined }));
  });
}
