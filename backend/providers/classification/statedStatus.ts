/** A quote may be escaped, where a proxy put the answer that it got into its own as text. */
const statusField = /(?:code|status)\\{0,9}"\s{0,5}:\s{0,5}\\{0,9}"?([45]\d\d)\b/i;

/** The HTTP status that an error states of itself in its words; undefined where it states none. */
export function statedStatus(text: string): number | undefined {
  const found = statusField.exec(text.slice(0, 4_096))?.[1];
  return found === undefined ? undefined : Number(found);
}
