import { failureFrom } from '../classification/failureFrom.ts';
import { isGeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { HttpFailure } from '../seam/httpFailure.ts';
import { understand } from '../seam/understand.ts';
import { fileError } from './fileFailures.ts';
import { mimeTypeOfName } from './mimeTypes.ts';

/** What is fetched, for messages: of an address nothing is shown but its host. */
export interface FetchedFrom {
  /** Where it was given, for instance `prompt[1].file`. */
  readonly field: string;
  readonly url: URL;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
}

const rule = 'file-not-fetched';

/** The parts of an address that may let in who knows them. */
const secretsIn = ({ href, pathname, search }: URL): string[] =>
  [href, `${pathname}${search}`, search, search.slice(1)].filter(part => part.length > 1);

/** Another host's refusal says nothing of the Gemini key, nor of what the API has. */
function refused({ field, url: { host } }: FetchedFrom, { status, delivery }: GeminiFailure): GeminiFailure {
  const failure = failureFrom({
    reason: 'file-not-found',
    rule,
    evidence: `${host} status ${status}`,
    message: `${field} could not be fetched: ${host} answered with status ${status}.`,
    delivery,
    status,
  });
  const advice = `Check its address, and whether ${host} lets everyone read it; or load it, and give its bytes.`;
  return { ...failure, advice };
}

/** Reads what went wrong when a file was fetched from a host that is not the API's. */
export function failureOfFetch(error: unknown, from: FetchedFrom): GeminiFailure {
  const { field, url, secrets } = from;
  const failure = understand(error, undefined, [...secrets, ...secretsIn(url)]);
  const { errorClass, reason, status, message } = failure;
  const hasAnswered = error instanceof HttpFailure;
  if (hasAnswered && (errorClass === 'auth' || errorClass === 'request')) return refused(from, failure);
  // What was found out here, as that it is too large, and the caller's abort, say of themselves what they are.
  if (isGeminiError(error) || reason === 'aborted-by-user') return failure;
  const what = hasAnswered ? `${url.host} answered with status ${status}.` : `${url.host}: ${message}`;
  return {
    ...failure,
    rule,
    evidence: hasAnswered ? `${url.host} status ${status}` : failure.evidence,
    message: `${field} could not be fetched: ${what}`,
    advice: 'Check its address and its host, or load it, and give its bytes.',
  };
}

/** What a server shows as a page where the file would be, for instance to who has not logged in. */
const media = /^(?:image|audio|video)\/|^application\/pdf$/;

/** Passes what is of the type that its name says, where only a page would be something else. @throws GeminiError */
export async function checkNoPage(
  call: GeminiCall,
  { field, url }: FetchedFrom,
  type: string | undefined,
): Promise<void> {
  if (type !== 'text/html' && type !== 'application/xhtml+xml') return;
  const expected = await mimeTypeOfName(url.pathname);
  if (expected === undefined || !media.test(expected)) return;
  throw fileError(call, {
    reason: 'invalid-media',
    rule: 'file-is-a-page',
    evidence: `${url.host} content-type ${type}`,
    message: `${field} is ${expected} by its name, but ${url.host} answered with a page (${type}).`,
    advice: 'Give the address of the file itself; or its mimeType, where the page is meant.',
  });
}
