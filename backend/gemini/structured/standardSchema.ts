/** What a check of a value says: the value as the schema makes it, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of any library that follows standardschema.dev: zod, valibot, arktype, … */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A JSON Schema, as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The same where an interface describes it, which has no index signature: it has one of these at least. */
export interface TypedJsonSchema {
  readonly type?: unknown;
  readonly properties?: unknown;
  readonly items?: unknown;
  readonly enum?: unknown;
  readonly anyOf?: unknown;
  readonly oneOf?: unknown;
  readonly $ref?: unknown;
}

/** For a schema that cannot tell its JSON Schema: both, side by side. The schema checks, the JSON Schema is sent. */
export interface SchemaPair {
  readonly schema: StandardSchema;
  readonly jsonSchema: JsonSchema | TypedJsonSchema;
}

/** What describes a value: a Standard Schema, a plain JSON Schema, or the pair. */
export type SchemaSource = StandardSchema | SchemaPair | JsonSchema | TypedJsonSchema;

type TypesOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T>
  : S extends { readonly schema: infer Inner; readonly jsonSchema: unknown }
    ? TypesOf<Inner>
    : { readonly input: unknown; readonly output: unknown };

/** The type of a value that has passed the schema; `unknown` for a plain JSON Schema. */
export type OutputOf<S> = TypesOf<S> extends { readonly output: infer Output } ? Output : unknown;

/** The type of a value before the schema's own defaults and transformations: what the model writes. */
export type InputOf<S> = TypesOf<S> extends { readonly input: infer Input } ? Input : unknown;

/** A value of which anything may still be missing. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T;
