import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../backend/cli/exitCodes.ts';
import { reasonTable } from '../backend/gemini/classification/reasonTable.ts';
import { reasonsByClass } from '../backend/gemini/reasons.ts';
import { type FinishRow, finishRows } from '../backend/gemini/remedies.ts';
import { defaultStrategy, geminiStrategies } from '../backend/gemini/retryStrategies.ts';
import { defaultLimits } from '../backend/gemini/settings/callLimits.ts';
import { breakerVariables, limitVariables, retryVariables } from '../backend/gemini/settings/environment.ts';
import { backoffWait } from '../backend/resilience/backoff.ts';
import { errorClasses } from '../backend/resilience/failure.ts';
import type { Strategy } from '../backend/resilience/strategy.ts';
import { faultNames, liveFaultNames } from '../backend/simulator/index.ts';
import type { Measures } from '../bench/quota/measures.ts';
import { renderMarkdown } from '../bench/quota/table.ts';
import { seconds, table } from './markdown.ts';
import { privateHeaders, reasonsOfProviders, sdkFaults, sdks, sizes } from './providerTables.ts';

/** The waits that a row allows, one after the other, from the shortest to the longest. */
function waits(strategy: Strategy, isQuota: boolean): string {
  const each = Array.from({ length: strategy.retries }, (_, retry) => {
    const { floorMs, spreadMs } = backoffWait(strategy, retry, isQuota);
    return spreadMs === 0 ? seconds(floorMs) : `${floorMs / 1000} – ${seconds(floorMs + spreadMs)}`;
  });
  return each.join(', ') || '–';
}

function strategies(): string {
  const rows = { ...geminiStrategies, default: defaultStrategy };
  return table(
    ['class', 'retries', 'base – max', 'growth', 'jitter', 'waits where the server states none'],
    Object.entries(rows).map(([name, strategy]) => {
      const { retries, baseMs, maxMs, growth, jitter } = strategy;
      if (retries === 0) return [name, 0, '–', '–', '–', '–'];
      return [
        name,
        retries,
        `${baseMs / 1000} – ${seconds(maxMs)}`,
        `× ${growth}`,
        jitter,
        waits(strategy, name === 'quota'),
      ];
    }),
  );
}

function reasons(): string {
  return errorClasses
    .map(errorClass => {
      const rows = reasonsByClass[errorClass].map(reason => {
        const { retryable, advice } = reasonTable[reason];
        return [`\`${reason}\``, retryable ? 'retry' : 'fail at once', advice];
      });
      return `**${errorClass}**\n\n${table(['what failed', 'what we do', 'what you do'], rows)}`;
    })
    .join('\n\n');
}

/** Finish reasons with the same answer share a row. */
function finishes(): string {
  const byAnswer = new Map<string, { readonly names: string[]; readonly row: FinishRow }>();
  for (const [name, row] of Object.entries<FinishRow>(finishRows)) {
    const key = `${row.reason} ${row.does}`;
    const same = byAnswer.get(key) ?? { names: [], row };
    same.names.push(`\`${name}\``);
    byAnswer.set(key, same);
  }
  return table(
    ['finish reason, without an answer', 'is', 'what we do'],
    [...byAnswer.values()].map(({ names, row: { reason, does } }) => [
      names.join(' '),
      reason === undefined ? '–' : `\`${reason}\``,
      does,
    ]),
  );
}

const limitMeanings: Readonly<Record<keyof typeof defaultLimits, string>> = {
  deadlineMs: 'the whole call: attempts and waits, until the answer or a stream’s first content',
  attemptTimeoutMs: 'one attempt',
  firstChunkTimeoutMs: 'from sending until a stream’s first content',
  idleTimeoutMs: 'between two pieces of a stream, while we wait for the server',
  totalTimeoutMs: 'a whole stream, however busily it produces',
  hedgeAfterMs: 'without an answer for so long, the request is sent a second time if the quota has room',
};

function limits(): string {
  return table(
    ['option', 'default', 'bounds'],
    Object.entries(defaultLimits).map(([name, ms]) => [
      `\`${name}\``,
      Number.isFinite(ms) ? ms.toLocaleString('en-US').replaceAll(',', '_') : 'off',
      limitMeanings[name as keyof typeof defaultLimits],
    ]),
  );
}

function environment(): string {
  const variables = Object.entries({ ...retryVariables, ...limitVariables, ...breakerVariables });
  return table(
    ['variable', 'sets', 'unit', 'range'],
    variables.map(([name, { option, unit, range }]) => [
      `\`${name}\``,
      `\`${option}\``,
      unit,
      `${range.min} – ${range.max}${range.infinity ? ', Infinity' : ''}`,
    ]),
  );
}

const exits = (): string =>
  table(
    ['code', 'when'],
    Object.values(exitCodes).map(({ code, meaning }) => [code, meaning]),
  );

const faults = (): string => [...faultNames, ...liveFaultNames].map(name => `\`${name}\``).join(' ');

/** A run of `npm run bench:quota -- --json bench/quota/results.json`. */
interface Comparison {
  readonly node: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly factor: number;
  readonly rows: readonly Measures[];
}

function comparison(): string {
  const file = join(import.meta.dirname, '../bench/quota/results.json');
  const { node, versions, factor, rows }: Comparison = JSON.parse(readFileSync(file, 'utf8'));
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const how = `Node ${node}, ${named.join(', ')}. Real sockets, a process of its own for each, time passing ${factor} times as fast for all.`;
  return `${how}\n\n${renderMarkdown(rows)}`;
}

/** Everything that the documents show of the code, by the name of its place in them. */
export const blocks: Readonly<Record<string, () => string>> = {
  strategies,
  reasons,
  finishes,
  limits,
  environment,
  exits,
  faults,
  sdks,
  sdkFaults,
  callHeaders: privateHeaders,
  sizes,
  providerReasons: reasonsOfProviders,
  comparison,
};

const place = /(<!-- printed: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g;

/** The document with its printed parts as the code has them now. @throws Error for a place that nothing fills */
export function withBlocks(document: string): string {
  return document.replace(place, (_whole, start: string, name: string, end: string) => {
    const print = blocks[name];
    if (print === undefined) throw new Error(`Nothing prints "${name}".`);
    return `${start}\n${print()}\n${end}`;
  });
}

/** The documents that have printed parts. */
export const documents = ['README.md', 'backend/gemini/RETRY_MECHANISM.md', 'backend/providers/PROVIDERS.md'] as const;
