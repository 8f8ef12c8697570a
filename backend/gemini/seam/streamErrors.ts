import { uncut } from '../../resilience/longStrings.ts';
import type { GeminiFailure } from '../reasons.ts';
import { HttpFailure } from './httpFailure.ts';
import { SeamError } from './seamError.ts';
import type { StreamJudge, Verdict } from './streamJudge.ts';
import { notAnAnswer } from './wholeAnswer.ts';

/** The stream that an error is about. */
interface Spoilt {
  readonly response: Response;
  readonly judge: StreamJudge;
}

/** Where in its stream an event stands, and what was cut out of it. */
interface Taken extends Pick<Spoilt, 'response'> {
  /** Reads what broke the stream. */
  readonly read: (error: unknown) => GeminiFailure;
  /** Is it what was left when the stream ended? */
  readonly atEnd: boolean;
  readonly long: ReadonlyMap<string, string> | undefined;
}

/** A stream that ended before the model said it was done. Named as Node names it. */
function truncated(): Error {
  return Object.assign(new Error('The stream ended without a finish reason.'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

/** Why a stream that ended is none. */
export function unfinished({ judge, response }: Spoilt): Error {
  if (judge.content) return truncated();
  return judge.stray.startsWith('{') ? notAnAnswer('a stream') : new HttpFailure(response, judge.stray);
}

/** What an event breaks its stream with; undefined where it does not. */
export function errorIn(verdict: Verdict, { response, read, atEnd, long = new Map() }: Taken): unknown {
  if (verdict.kind === 'error') {
    return new HttpFailure(response, uncut({ text: verdict.body, long }), verdict.status);
  }
  if (verdict.kind === 'bad-result') {
    const error = new HttpFailure(response, '');
    const carried = new SeamError({ ok: false, failure: verdict.failure, error });
    return new SeamError({ ok: false, failure: read(carried), error });
  }
  if (verdict.kind !== 'garbled') return undefined;
  // A half event at the very end was cut off; one in the middle is nonsense.
  return atEnd ? truncated() : new HttpFailure(response, verdict.body);
}
