import { contenders } from './contenders.ts';
import type { Measures } from './measures.ts';
import { scenarios } from './scenarios.ts';

const head = [
  '',
  'calls that succeeded',
  'requests per success',
  'rejected requests',
  'quota used',
  'time / ideal',
] as const;

const percent = (share: number): string => `${(share * 100).toFixed(share > 0.995 && share < 1 ? 1 : 0)} %`;

/** A figure of the run in the middle, and the spread of all where there is one. */
function spread(value: string, range: readonly [string, string] | undefined): string {
  return range === undefined || range[0] === range[1] ? value : `${value} (${range[0]}–${range[1]})`;
}

function timeOf({ end, endMs, idealMs, successShare, among }: Measures): string {
  const inWords = (times: number): string => times.toFixed(2);
  const times = inWords(endMs / idealMs);
  if (end === 'hung') return `> ${times}, stopped`;
  if (end === 'crashed') return 'crashed';
  // Who gives up is done early: no merit.
  if (successShare < 1) return `gave up at ${times}`;
  return spread(times, among && [inWords(among.times[0]), inWords(among.times[1])]);
}

function rejectedOf({ rejected429, rejected503, among }: Measures): string {
  return spread(String(rejected429 + rejected503), among && [String(among.rejected[0]), String(among.rejected[1])]);
}

function cellsOf(measures: Measures): readonly string[] {
  const { contender, successShare, requestsPerSuccess, quotaUsed } = measures;
  return [
    contenders.find(({ name }) => name === contender)?.title ?? contender,
    percent(successShare),
    requestsPerSuccess === undefined ? '–' : requestsPerSuccess.toFixed(2),
    rejectedOf(measures),
    quotaUsed === undefined ? '–' : percent(quotaUsed),
    timeOf(measures),
  ];
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, 3, ...rows.map(cells => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** The comparison as Markdown: a table for each scenario, of the rows that `--json` writes. */
export function renderMarkdown(rows: readonly Measures[]): string {
  return scenarios
    .map(({ name, title }) => ({ title, own: rows.filter(({ scenario }) => scenario === name) }))
    .filter(({ own }) => own.length > 0)
    .map(({ title, own }) => `**${title}**\n\n${markdownTable(own.map(cellsOf))}`)
    .join('\n\n');
}
