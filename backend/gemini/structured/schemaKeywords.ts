const listed = (names: string): ReadonlySet<string> => new Set(names.split(/\s+/));

/**
 * What the API reads of a JSON Schema, by the doc comment of `responseJsonSchema` in the official client. Everything else is either
 * checked here, when the answer has come, or refused.
 */
export const sentKeywords = listed(
  `$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum anyOf oneOf
  properties additionalProperties required propertyOrdering`,
);

/** What the API does not read and an answer can be checked for: left out of what is sent. */
export const checkedKeywords = listed(
  `const minLength maxLength pattern exclusiveMinimum exclusiveMaximum multipleOf uniqueItems minProperties maxProperties
  propertyNames contentEncoding contentMediaType`,
);

/** What says nothing about values. */
export const annotations = listed('$schema $comment default examples example deprecated readOnly writeOnly');

/** Keywords whose value is one schema. */
export const schemaKeywords = listed('items additionalProperties');

/** Keywords whose value is a list of schemas. */
export const listKeywords = listed('prefixItems anyOf oneOf');

/** Keywords whose value is schemas by name. */
export const mapKeywords = listed('properties $defs');

/** The names of types. */
export const typeNames = listed('object array string number integer boolean null');
