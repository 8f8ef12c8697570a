import { OptionError } from '../../resilience/optionError.ts';

/** Where the registry's answer is not what the API means: source code is text to it, and `.ts` is no video. */
const ownTypes: ReadonlyMap<string, string> = new Map([
  ...'ts tsx mts cts jsx py go rs java kt swift rb php c cc cpp h hpp cs sh sql toml log'
    .split(' ')
    .map(extension => [extension, 'text/plain'] as const),
  ['flac', 'audio/flac'],
  ['aiff', 'audio/aiff'],
]);

/** The type by the extension of a name; undefined where that says nothing. */
export async function mimeTypeOfName(name: string | undefined): Promise<string | undefined> {
  const extension = /\.([^./\\]+)$/.exec(name ?? '')?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  const own = ownTypes.get(extension);
  if (own !== undefined) return own;
  const { default: types } = await import('mime');
  return types.getType(extension) ?? undefined;
}

/** The type of a file by what is known of it, best first. @throws OptionError where nothing is */
export async function mimeTypeOf(
  field: string,
  {
    stated,
    own,
    name,
  }: { readonly stated: string | undefined; readonly own?: string; readonly name?: string | undefined },
): Promise<string> {
  const type = stated || own || (await mimeTypeOfName(name));
  if (type === undefined)
    throw new OptionError(
      field,
      'a file of unknown type',
      'given with its mimeType, for instance { file, mimeType: "image/png" }',
    );
  return type;
}
