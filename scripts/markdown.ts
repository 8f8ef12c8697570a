/** How tables look in a document. */

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** A table of Markdown. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows.map(cells => row(...cells))].join('\n');

/** Milliseconds as a person reads them. */
export const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(3))} s`;
