import type { CallLimits } from './callLimits.ts';
import type { Failure } from './failure.ts';
import type { QuotaReading } from './quota/quotaGate.ts';
import type { QuotaReport } from './quotaReport.ts';
import type { Strategy } from './strategy.ts';
import type { OpenChoices, StreamSign } from './streamSign.ts';

/** A bad answer as plain facts. An error inside a stream has no status. */
export interface BadAnswerFacts {
  readonly status: number | undefined;
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, as far as it is read. */
  readonly body: string;
}

/** Everything that is true of one provider only. */
export interface Provider {
  /** For events and errors. */
  readonly name: string;
  /**
   * Reads what was caught: `BadAnswerFacts`, or an exception. Total: never throws.
   * `wallMs`: the time now, in milliseconds since 1970, for dates that a server states; @default the system's
   */
  readonly classify: (caught: unknown, wallMs?: number) => Failure;
  /** Is it one of the reasons that its failures may have? */
  readonly knowsReason: (word: string) => boolean;
  /** The row that answers a failure. */
  readonly strategyFor: (failure: Failure) => Strategy;
  /** Time limits that fit this provider better than the general ones. */
  readonly limits: CallLimits;
  /**
   * Reads the data of one event, or one line of a stream of lines. Total. `open`: of one stream, the answers that have begun and not
   * ended, where several come side by side; as long as there is one, the stream is not whole.
   */
  readonly readEvent: (data: string, open?: OpenChoices) => StreamSign;
  /** Does every whole stream have an event that reads as `end`? Then one without it was cut off. */
  readonly marksEnd: boolean;
  /** The quotas that the headers of an answer state. `wallMs`: milliseconds since 1970. */
  readonly quotasIn: (headers: Headers, wallMs: number) => readonly QuotaReport[];
  /** May this request be sent again although the first sending may have been carried out? `body`: where it is text. */
  readonly repeatable: (method: string, url: URL, body?: string) => boolean;
  /** How the quota gate reads this provider's refusals. */
  readonly quotaReading: QuotaReading;
}
