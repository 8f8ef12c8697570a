import { defaultModel } from '../gemini/clientSettings.ts';
import { jitterVariable, limitVariables, retryVariables } from '../gemini/settings/environment.ts';
import { exitCodes } from './exitCodes.ts';

/** What the program is, in a paragraph. */
export const about = [
  'A Gemini client that finishes the work. Each error is understood once and answered by the strategy of its class:',
  'what may pass (a spent minute, an overloaded model, a broken connection) is waited out and sent again;',
  'what will not pass (a spent day, a wrong key, a wrong request) fails at once, with advice.',
  'The answer goes to stdout, everything else to stderr.',
].join(' ');

type Row = readonly [name: string, text: string];

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `  ${name.padEnd(width)}${text}`).join('\n');
}

const section = (title: string, body: string): string => `${title}:\n${body}`;

/** Examples of `ask` to copy. */
export const askExamples = section(
  'Examples',
  `  $ geminicore ask "Why is the sky blue?"
  $ git diff | geminicore ask "Write a commit message for this diff:"
  $ geminicore ask --json --deadline 30s "Name three rivers" | jq -r .text
  $ geminicore ask - < question.txt > answer.txt`,
);

/** What an option is, for a person who reads of it in passing. */
const meanings: Readonly<Record<string, string>> = {
  maxRetries: 'retries of what may pass',
  baseDelayMs: 'the first wait',
  maxDelayMs: 'the longest wait of our own',
  exponentialBase: 'growth of the waits',
  deadlineMs: 'all, until the answer begins',
  attemptTimeoutMs: 'one attempt',
  firstChunkTimeoutMs: 'until a stream begins',
  idleTimeoutMs: 'between two pieces',
  totalTimeoutMs: 'a whole stream',
};

function variableRow([name, { option, range, unit }]: (typeof variables)[number]): Row {
  const { min, max } = range;
  return [name, `${meanings[option]}, ${min} to ${max}${unit === 'ms' ? ' ms' : ''}`];
}

const variables = Object.entries({ ...limitVariables, ...retryVariables });
const isOwn = (name: string): boolean => name.startsWith('GEMINI_');

/** Every variable that is read. */
export const environmentRows: readonly Row[] = [
  ['GEMINI_API_KEY', 'the key, or GOOGLE_API_KEY, which wins'],
  ['GEMINI_MODEL', `the model; ${defaultModel} by default`],
  ['GOOGLE_GEMINI_BASE_URL', 'the server; Google by default'],
  ...variables.filter(([name]) => isOwn(name)).map(variableRow),
  [jitterVariable, 'chance in the waits: full, equal or none'],
  ...variables.filter(([name]) => !isOwn(name)).map(([name, { unit }]): Row => [name, `of other tools, in ${unit}`]),
  ['DEBUG=geminicore:*', 'a [RETRY] line for all that goes wrong'],
  ['NO_COLOR, FORCE_COLOR', 'colours never, or always'],
];

/** Every exit code, as `--help` and the documentation print it. */
export const exitCodeRows: readonly Row[] = Object.values(exitCodes).map(({ code, meaning }) => [
  String(code).padStart(3),
  meaning,
]);

const simulateExamples = section(
  'Without a key',
  `  $ geminicore simulate --weather storm --port 8080
  $ GEMINI_API_KEY=any geminicore ask --base-url http://127.0.0.1:8080 "Hello"`,
);

/** What `--help` prints behind the list of commands. */
export function helpAfterCommands(): string {
  return [
    askExamples,
    simulateExamples,
    section('Environment', table(environmentRows)),
    section('Exit codes', table(exitCodeRows)),
    'Flags of a command: geminicore <command> --help',
  ].join('\n\n');
}
