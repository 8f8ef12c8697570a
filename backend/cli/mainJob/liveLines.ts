import { isGeminiError } from '../../gemini/geminiError.ts';
import type { ResilienceEvent } from '../../resilience/events.ts';
import { systemRuntime } from '../../resilience/wholeRuntime.ts';
import { colorsFor } from '../colors.ts';
import { failureReport } from '../failureReport.ts';
import { attemptInWords, counted, failureInWords, onOneLine, shortened, waitInWords } from '../wording.ts';
import type { JobCall } from './jobCall.ts';
import type { Tally } from './tally.ts';

const lineWidth = 79;
const indent = '       ';

/** Prints what happens, a line each: when, to which call, what. */
export class LiveLines {
  readonly #startMs = systemRuntime.now();
  readonly #colors = colorsFor(process.stdout);

  event({ name }: JobCall, event: ResilienceEvent): void {
    if (event.type !== 'retry-wait') return;
    const { attempt, attemptsAllowed, failure } = event;
    const rest = ` · ${waitInWords(event)} · ${attemptInWords(attempt + 1, attemptsAllowed)}`;
    this.#line(name, this.#colors.yellow(failureInWords(failure)) + this.#colors.dim(rest));
  }

  end(tally: Tally): void {
    const { call, end, attempts } = tally;
    if (end?.outcome === 'answered') {
      const { text, remark } = end.answer;
      const said = `answered${attempts > 1 ? ` after ${counted(attempts, 'attempt')}` : ''}${remark ? `, ${remark}` : ''}: `;
      const room = lineWidth - this.#margin(call.name).length - said.length;
      this.#line(call.name, this.#colors.green(said) + shortened(onOneLine(text), room));
      return;
    }
    const requests = counted(attempts, 'request');
    const hint = tally.asItMust ? `refused, as it should be, after ${requests}:` : `failed after ${requests}:`;
    this.#line(call.name, this.#colors.red(hint));
    this.#explain(end?.error);
  }

  #explain(error: unknown): void {
    const look = { colors: this.#colors, width: lineWidth - indent.length, nowMs: systemRuntime.wallClock() };
    const text = isGeminiError(error)
      ? failureReport(error, look)
      : onOneLine(error instanceof Error ? error.message : String(error));
    console.log(text.replace(/^/gm, indent));
  }

  #margin(name: string): string {
    const time = ((systemRuntime.now() - this.#startMs) / 1_000).toFixed(1).padStart(4);
    return `${time} s ${name.padEnd(8)}`;
  }

  #line(name: string, text: string): void {
    const margin = this.#margin(name);
    const timeWidth = margin.length - 8;
    console.log(`${this.#colors.dim(margin.slice(0, timeWidth))}${this.#colors.bold(margin.slice(timeWidth))}${text}`);
  }
}
