import type { Ledger } from '../../simulator/index.ts';
import { colorsFor } from '../colors.ts';
import { durationInWords, failuresInOrder, shortened } from '../wording.ts';
import { failuresByClass, lostAnswers, type Tally } from './tally.ts';

const columns = [
  { title: 'call', width: 8 },
  { title: 'asked by', width: 16 },
  { title: 'attempts', width: 9 },
  { title: 'what broke', width: 31 },
  { title: 'waited', width: 8 },
  { title: 'end', width: 8 },
] as const;

function rowText(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = columns[index]?.width ?? 0;
      return shortened(cell, width - 1).padEnd(width);
    })
    .join('')
    .trimEnd();
}

function endOf({ call, end }: Tally): string {
  if (end?.outcome === 'answered') return 'ok';
  return call.must === 'answer' ? 'LOST' : 'refused';
}

function callRow(tally: Tally): string {
  const { call, attempts, failures, waitedMs } = tally;
  const broke = failures.length === 0 ? 'nothing' : failuresInOrder(failures);
  const waited = waitedMs === 0 ? '–' : durationInWords(waitedMs);
  return rowText([call.name, call.kind, String(attempts), broke, waited, endOf(tally)]);
}

type Total = readonly [label: string, value: string];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function serverTotals({ requests, billedTwice }: Ledger): readonly Total[] {
  return [
    ['requests that the server saw', String(requests.length)],
    ['work it did again for answers that were cut', String(billedTwice)],
  ];
}

function totals(tallies: readonly Tally[], tookMs: number, ledger: Ledger | undefined): readonly Total[] {
  const byClass = failuresByClass(tallies).map(([name, count]) => `${name} ${count}`);
  const refused = tallies.filter(({ call, end }) => call.must === 'be refused' && end?.outcome === 'failed').length;
  return [
    ['calls', String(tallies.length)],
    ['answered', String(tallies.filter(({ end }) => end?.outcome === 'answered').length)],
    ...(refused === 0 ? [] : [['refused at once, as they should be', String(refused)] as const]),
    ['attempts', String(sum(tallies.map(({ attempts }) => attempts)))],
    ['failures by class', byClass.join(' · ') || 'none'],
    ['time lost waiting, all calls together', durationInWords(sum(tallies.map(({ waitedMs }) => waitedMs)))],
    ...(ledger === undefined ? [] : serverTotals(ledger)),
    ['time until the last answer', durationInWords(tookMs)],
    ['lost answers', String(lostAnswers(tallies).length)],
  ];
}

/** The end of the main job in two tables: each call, and all of them. */
export function summaryOf(tallies: readonly Tally[], tookMs: number, ledger?: Ledger): string {
  const { bold, dim } = colorsFor(process.stdout);
  const all = totals(tallies, tookMs, ledger);
  const width = Math.max(...all.map(([label]) => label.length)) + 3;
  return [
    bold(rowText(columns.map(({ title }) => title))),
    ...tallies.map(callRow),
    '',
    ...all.map(([label, value]) => `${dim(label.padEnd(width))}${bold(value)}`),
  ].join('\n');
}
