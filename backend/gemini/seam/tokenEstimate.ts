import { LeastSquares } from './leastSquares.ts';

/**
 * Tokens before anything is known: of a request's frame, of a letter or digit, of white space, of a sign, of a character that is not
 * ASCII, of a piece of media. About four characters to a token, and 258 tokens for an image, by the API's documentation of tokens.
 */
const firstGuess = [5, 0.22, 0.22, 0.4, 0.6, 258] as const;

/** So many characters are looked at to learn what kind they are. */
const sampled = 512;

/** A string longer than this behind `"data":` is media in base64, which has no tokens by its length. In characters. */
const longestText = 200;

/** Every call is learned from until this many, then one in so many. */
const learnsAllUntil = 64;
const learnsOneIn = 8;

const mostModels = 100;

/** 0: a letter or digit, 1: white space, 2: a sign, 3: not ASCII. */
function kindOf(code: number): 0 | 1 | 2 | 3 {
  if (code > 127) return 3;
  if (code <= 32) return 1;
  const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
  return isLetter ? 0 : 2;
}

/** The facts of a request's body that its tokens depend on. */
function featuresOf(body: string): number[] {
  let length = body.length;
  let media = 0;
  const key = '"data":"';
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at)) {
    const from = at + key.length;
    const to = body.indexOf('"', from);
    if (to < 0) break;
    at = to;
    if (to - from <= longestText) continue;
    media += 1;
    length -= to - from;
  }
  const step = Math.max(1, Math.floor(body.length / sampled));
  const kinds = [0, 0, 0, 0];
  for (let at = 0; at < body.length; at += step) {
    const kind = kindOf(body.charCodeAt(at));
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const [letters = 0, ...rest] = kinds.map(count => count * step);
  // Media is letters and digits.
  return [1, Math.max(0, letters - (body.length - length)), ...rest, media];
}

interface Learned {
  readonly fit: LeastSquares;
  calls: number;
}

/** How many input tokens a request will have, from its own size, corrected by what the API reports of each model. */
export class TokenEstimate {
  readonly #models = new Map<string, Learned>();

  /** A whole number of tokens, at least 1. */
  of(model: string, body: string | undefined): number {
    if (body === undefined) return 1;
    const tokens = this.#learned(model).fit.predict(featuresOf(body));
    return Number.isFinite(tokens) ? Math.max(1, Math.round(tokens)) : 1;
  }

  /** What the API reported of a request. */
  learn(model: string, body: string | undefined, tokens: number): void {
    if (body === undefined || !(tokens > 0)) return;
    const learned = this.#learned(model);
    learned.calls += 1;
    if (learned.calls > learnsAllUntil && learned.calls % learnsOneIn !== 0) return;
    learned.fit.learn(featuresOf(body), tokens);
  }

  #learned(model: string): Learned {
    let learned = this.#models.get(model);
    if (learned === undefined) {
      if (this.#models.size >= mostModels) this.#models.clear();
      learned = { fit: new LeastSquares(firstGuess), calls: 0 };
      this.#models.set(model, learned);
    }
    return learned;
  }
}
