import type { GenerateContentResponse, Part } from '@google/genai';
import type { Failed } from '../../resilience/failure.ts';
import type { LlmParameters } from '../callSettings.ts';
import { usageInAll } from '../results.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { withLong } from '../seam/longValues.ts';
import { SeamError, seamErrorIn } from '../seam/seamError.ts';
import { goOnRequest } from './goOnRequest.ts';
import { leastBroken, Splice } from './splice.ts';

/** A stream that may be gone on with by its text. */
export interface GoingOn {
  readonly call: GeminiCall;
  readonly ask: (parameters: LlmParameters) => Promise<AsyncIterable<GenerateContentResponse>>;
  readonly given: LlmParameters;
}

type Usage = GenerateContentResponse['usageMetadata'];

/** Longer texts are not gone on with, in characters: no answer is so long, and no request may be. */
const mostText = 1_000_000;

const isThought = ({ thought }: Part): boolean => thought === true;
const isWords = (part: Part): boolean => part.text !== undefined && Object.keys(part).every(key => key === 'text');

const partsOf = ({ candidates }: GenerateContentResponse): readonly Part[] => candidates?.[0]?.content?.parts ?? [];

/** What the consumer has been given. */
class Said {
  text = '';
  /** Words and thoughts only: anything else cannot be joined. */
  isPlain = true;

  add(response: GenerateContentResponse): void {
    if ((response.candidates?.length ?? 0) > 1) this.isPlain = false;
    for (const part of partsOf(response)) {
      if (isThought(part)) continue;
      if (isWords(part)) this.text += part.text;
      else this.isPlain = false;
    }
    if (this.text.length > mostText) this.isPlain = false;
  }
}

/** What came to go on with the text does not fit its end. */
class NoSeam extends Error {}

const asWords = (text: string): Part[] => (text === '' ? [] : [{ text }]);

/** Leaves of a piece what is new; undefined where nothing is. @throws NoSeam */
function joined(splice: Splice, response: GenerateContentResponse): GenerateContentResponse | undefined {
  const [candidate] = response.candidates ?? [];
  const parts: Part[] = [];
  for (const part of partsOf(response)) {
    if (isThought(part)) parts.push(part);
    else if (part.text === undefined) parts.push(...asWords(splice.end()), part);
    else {
      const text = splice.write(part.text);
      // A part without words may carry a signature.
      if (text !== '' || (splice.isJoined && !isWords(part))) parts.push({ ...part, text });
    }
  }
  if (candidate?.finishReason !== undefined) parts.push(...asWords(splice.end()));
  if (splice.isRefused) throw new NoSeam();
  if (candidate?.content !== undefined) candidate.content.parts = parts;
  return splice.isJoined || parts.length > 0 ? response : undefined;
}

/** The token counts of all requests of one answer. */
class Spending {
  readonly #call: GeminiCall;
  #before: Usage;
  #now: Usage;
  #again = 0;

  constructor(call: GeminiCall) {
    this.#call = call;
  }

  /** Another request is sent. */
  next(): void {
    this.#before = usageInAll([this.#before, this.#now]);
    this.#again = this.#call.resumed?.tokensSpentAgain ?? 0;
    this.#now = undefined;
  }

  /** Writes into a piece what all requests have spent so far, as the official client does where it goes on by a token. */
  add(response: GenerateContentResponse): void {
    const { usageMetadata } = response;
    if (usageMetadata === undefined) return;
    this.#now = usageMetadata;
    const { resumed } = this.#call;
    if (resumed === undefined || this.#before === undefined) return;
    response.usageMetadata = usageInAll([this.#before, usageMetadata]) ?? usageMetadata;
    const tokensSpentAgain = this.#again + (usageMetadata.promptTokenCount ?? 0);
    this.#call.resumed = { ...resumed, tokensSpentAgain };
  }
}

function unjoined({ failure, error }: Failed): SeamError {
  const message = `${failure.message} What came to go on with the text does not fit its end.`;
  return new SeamError({ ok: false, failure: { ...failure, message }, error });
}

/**
 * The pieces of an answer, gone on with where its stream breaks: the model is asked to continue its text, and what it repeats of it
 * is cut. Where the two cannot be joined without guessing, what broke the stream is thrown.
 */
export async function* goingOn({
  call,
  ask,
  given,
}: GoingOn): AsyncGenerator<GenerateContentResponse, void, undefined> {
  const said = new Said();
  call.joinsText = true;
  let splice: Splice | undefined;
  const spending = new Spending(call);
  for (let request = given; ; request = goOnRequest(given, said.text)) {
    spending.next();
    try {
      for await (const response of await ask(request)) {
        spending.add(response);
        const whole = withLong(response, call);
        const piece = splice === undefined ? whole : joined(splice, whole);
        if (piece === undefined) continue;
        const before = said.text.length;
        said.add(piece);
        // Something new: the next break is the first in a row.
        if (said.text.length > before && call.broken !== undefined)
          call.broken = { ...call.broken, times: 0, misfits: 0 };
        yield piece;
      }
      if (splice?.isJoined === false) throw new NoSeam();
      return;
    } catch (error) {
      if (!mayGoOn(call, said, error))
        throw error instanceof NoSeam && call.broken ? unjoined(call.broken.failed) : error;
    }
    splice = new Splice(said.text);
  }
}

/** How often what came may not fit, before it is given up. */
const mostMisfits = 2;

function mayGoOn(call: GeminiCall, said: Said, error: unknown): boolean {
  // Closed: it was decided that there is no further request.
  if (call.signal?.aborted || call.closed || call.broken === undefined) return false;
  if (!said.isPlain || said.text.length < leastBroken) return false;
  if (error instanceof NoSeam) {
    call.broken = { ...call.broken, times: call.broken.times + 1, misfits: (call.broken.misfits ?? 0) + 1 };
    return (call.broken.misfits ?? 0) < mostMisfits;
  }
  const broke = seamErrorIn(error);
  return broke !== undefined && broke.exchange === undefined && broke.failed.failure.retryable;
}
