import { GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';
import { GeminiCore } from '../../gemini/geminiCore.ts';
import { type GeminiError, isGeminiError } from '../../gemini/geminiError.ts';
import type { LlmResult } from '../../gemini/results.ts';
import { systemRuntime } from '../../resilience/wholeRuntime.ts';
import { colorsFor } from '../colors.ts';
import { exitCodeOf, exitCodes } from '../exitCodes.ts';
import { failureReport, lookOn } from '../failureReport.ts';
import { FlagError } from '../flags.ts';
import { counted, onOneLine } from '../wording.ts';
import { AnswerOutput } from './answerOutput.ts';
import { promptText } from './promptText.ts';
import { RetryView } from './retryView.ts';
import { type Stopping, startStopping } from './stopping.ts';

/** What the flags of `ask` say. */
export interface AskFlags {
  readonly stream: boolean;
  readonly json?: true;
  readonly quiet?: true;
  readonly resume?: true;
  readonly model?: string;
  readonly system?: string;
  readonly deadline?: number;
  readonly retries?: number;
  readonly baseUrl?: string;
}

/** What one `ask` works with. */
interface Asking {
  readonly flags: AskFlags;
  readonly stopping: Stopping;
  readonly output: AnswerOutput;
  readonly view: RetryView;
}

function clientFor({ flags, view }: Asking): GeminiCore {
  const { quiet, model, deadline, retries, baseUrl } = flags;
  return new GeminiCore({
    ...(model !== undefined && { model }),
    ...(deadline !== undefined && { deadlineMs: deadline }),
    ...(retries !== undefined && { retry: { maxRetries: retries } }),
    ...(baseUrl !== undefined && { httpOptions: { baseUrl } }),
    ...(!quiet && { onEvent: view.onEvent }),
  });
}

/** A line for the person, after the answer and after the retries. */
function note({ flags, output, view }: Asking, text: string): void {
  view.end();
  output.endLine();
  if (!flags.quiet) process.stderr.write(`${colorsFor(process.stderr).yellow(text)}\n`);
}

/** Milliseconds are measured finer than anyone reads them. */
function rounded(name: string, value: unknown): unknown {
  return name.endsWith('Ms') && typeof value === 'number' ? Math.round(value) : value;
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, rounded, process.stdout.isTTY ? 2 : undefined)}\n`;
}

function resultAsJson({ text, model, finishReason, usage, attempts }: LlmResult): string {
  return asJson({ text, model, finishReason, usage, attempts });
}

async function answerStreamed(asking: Asking, gemini: GeminiCore, request: Request): Promise<string | undefined> {
  let finishReason: string | undefined;
  const { flags, stopping } = asking;
  for await (const chunk of gemini.callLlmStream(request, { signal: stopping.signal, resume: flags.resume })) {
    await asking.output.write(chunk.text);
    finishReason = chunk.finishReason ?? finishReason;
  }
  return finishReason;
}

async function answerWhole(asking: Asking, gemini: GeminiCore, request: Request): Promise<string | undefined> {
  const result = await gemini.callLlm(request, { signal: asking.stopping.signal });
  await asking.output.write(asking.flags.json ? resultAsJson(result) : result.text);
  return result.finishReason;
}

interface Request {
  readonly contents: string;
  readonly config: { readonly systemInstruction?: string };
}

async function answer(asking: Asking, words: readonly string[]): Promise<number> {
  const { flags, stopping, output } = asking;
  // Before standard input is read: what is wrong with the settings is said at once.
  const gemini = clientFor(asking);
  const onWait = (): void => note(asking, 'Reading the prompt from standard input; Ctrl-D ends it.');
  const contents = await promptText({ words, stdin: process.stdin, signal: stopping.signal, onWait });
  const request = { contents, config: flags.system === undefined ? {} : { systemInstruction: flags.system } };
  const answering = flags.stream && !flags.json ? answerStreamed : answerWhole;
  const finishReason = await answering(asking, gemini, request);
  stopping.signal.throwIfAborted();
  output.endLine();
  if (finishReason === 'MAX_TOKENS') note(asking, 'The answer was cut at the limit of output tokens (MAX_TOKENS).');
  return exitCodes.success.code;
}

/** How long a slow reader may take to fetch the last words after Ctrl-C, in milliseconds. */
const lastWordsMs = 50;

async function stopped(asking: Asking): Promise<number> {
  const { output } = asking;
  const { characters, broken } = output;
  switch (asking.stopping.reason) {
    case 'reader-gone':
      return exitCodes.success.code;
    case 'cannot-write':
      note(asking, `The answer could not be written: ${broken?.message}.`);
      return exitCodes.unexpected.code;
    default: {
      const received = characters === 0 ? 'before any answer' : `after ${counted(characters, 'character')}`;
      note(asking, `Interrupted ${received}.`);
      await output.flushed(lastWordsMs);
      return exitCodes.interrupted.code;
    }
  }
}

async function failed(asking: Asking, error: GeminiError): Promise<number> {
  const { flags, output, view } = asking;
  view.end();
  output.endLine();
  if (flags.json) await output.write(asJson({ error }));
  else process.stderr.write(`${failureReport(error, lookOn(process.stderr, systemRuntime.wallClock()))}\n`);
  return exitCodeOf(error.failure);
}

/** Something that no call ended in. Its words may hold anything, so they are cleaned as those of a server are. */
function unexpected(asking: Asking, error: unknown): number {
  asking.view.end();
  asking.output.endLine();
  const { message } = GoogleApiErrorHandler.classify(error);
  process.stderr.write(`${colorsFor(process.stderr).red('Unexpected error')}: ${onOneLine(message)}\n`);
  return exitCodes.unexpected.code;
}

/**
 * Asks, answers on stdout, and explains on stderr.
 * @returns the exit code
 * @throws FlagError where there is nothing to ask
 */
export async function askGemini(words: readonly string[], flags: AskFlags): Promise<number> {
  const stopping = startStopping();
  const output = new AnswerOutput(process.stdout, stopping);
  const asking: Asking = { flags, stopping, output, view: new RetryView(process.stderr) };
  try {
    return await answer(asking, words);
  } catch (error) {
    if (stopping.signal.aborted) return await stopped(asking);
    if (isGeminiError(error)) return await failed(asking, error);
    if (error instanceof FlagError) throw error;
    return unexpected(asking, error);
  } finally {
    stopping.end();
  }
}
