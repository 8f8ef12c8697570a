import type { ErrorClass } from '../../resilience/failure.ts';
import { errorClasses } from '../../resilience/failure.ts';
import { type GeminiReason, reasonsByClass } from '../reasons.ts';

interface ReasonRow {
  readonly retryable: boolean;
  /** One sentence for a person: what to do now. */
  readonly advice: string;
}

const again = (advice: string): ReasonRow => ({ retryable: true, advice });
const final = (advice: string): ReasonRow => ({ retryable: false, advice });

const quotaRows = {
  'quota-per-minute': again('Wait as long as the server says, and send fewer requests or tokens per minute.'),
  'quota-per-day': final(
    "The day's quota is spent: wait for midnight Pacific time, use another model, or raise the limit.",
  ),
  'quota-zero-limit': final(
    'This project has no quota for this model: enable billing, ask for quota, or use another model.',
  ),
  'quota-billing': final('Credit or spending cap is used up: add credit or raise the cap in the billing settings.'),
  'quota-long-wait': final('The quota comes back in hours, not seconds: come back then, or use another model.'),
  'quota-short-wait': again('Wait as long as the server says, then send again.'),
  'quota-shared-capacity': again(
    'Shared capacity is short: send again with growing waits, use the global endpoint, or buy throughput.',
  ),
  'model-capacity': again('The model has no capacity to spare: wait a little, or use another model.'),
  'quota-batch': final('The batch quota is full: wait for running batches to end, or send a smaller one.'),
  'quota-storage': final('The storage quota is full: delete files or caches that are no longer needed.'),
  'quota-unspecified': again('Wait a little and send again; if it lasts, look at the quota page of the project.'),
} as const satisfies Record<(typeof reasonsByClass)['quota'][number], ReasonRow>;

const serverRows = {
  overloaded: again('The model is overloaded: send again with growing waits, or use another model.'),
  internal: again('The service failed: send again; if it lasts, shorten the input or report it.'),
  unavailable: again('The service is unavailable: send again with growing waits.'),
  'bad-gateway': again('A gateway on the way failed: send again.'),
  deadline: again('The service ran out of time: send again, or ask for less at once.'),
  'cancelled-by-server': again('The service dropped the request: send again.'),
  'malformed-response': again(
    'The answer was no valid JSON: send again; if it lasts, check base URL, location and proxy.',
  ),
  'empty-response': again('The answer was empty: send again.'),
  'malformed-output': again(
    'The model produced output that cannot be read: send again, or simplify what is asked for.',
  ),
  'malformed-function-call': again(
    'The model produced a broken function call: send again, or simplify the declarations.',
  ),
  'invalid-stream': again('The stream was not valid: send again.'),
  'websocket-internal': again('The service closed the connection with an internal error: connect again.'),
} as const satisfies Record<(typeof reasonsByClass)['server'][number], ReasonRow>;

const networkRows = {
  timeout: again('No answer in time: send again, and check the connection or allow more time.'),
  'connection-refused': again('Nothing listens at the address: check host, port and proxy.'),
  'connection-reset': again('The connection was dropped: send again.'),
  'connection-failed': again('No connection could be made: check network, firewall and proxy.'),
  dns: again('The host name was not found: check the name and the DNS.'),
  tls: final(
    'The certificate or the TLS setup was refused: trust the right root (NODE_EXTRA_CA_CERTS), check proxy and clock.',
  ),
  'tls-transient': again('The encrypted connection broke: send again.'),
  'fetch-failed': again('The request failed on the network: send again, and check the connection.'),
  'truncated-stream': again('The answer was cut off: send again.'),
  'websocket-abnormal': again('The connection closed without a word: connect again; if it lasts, check key and quota.'),
} as const satisfies Record<(typeof reasonsByClass)['network'][number], ReasonRow>;

const authRows = {
  'key-invalid': final('Check the API key: create one in AI Studio, and make sure that it is the one being sent.'),
  'key-expired': final('The API key has expired: create a new one.'),
  'key-restricted': final('The API key is restricted: allow this API, referrer, address or app in its settings.'),
  'key-leaked': final('The API key was published and is blocked: create a new one and keep it out of code.'),
  'credentials-missing': final(
    'No usable credential was sent: set GEMINI_API_KEY, or log in with `gcloud auth application-default login`.',
  ),
  'credentials-invalid': final('The credentials cannot be used: check the key file, the client id and the secret.'),
  'token-expired': final('The access token has expired: fetch a new one.'),
  'token-refresh-failed': final('The login can no longer be renewed: log in again.'),
  unauthenticated: final(
    'The credential was not accepted: check which one is being sent, and that it fits this endpoint.',
  ),
  permission: final('Permission is missing: grant the account access to this project, model or resource.'),
  'scope-insufficient': final('The token lacks a scope: log in again with the scope cloud-platform.'),
  'service-disabled': final(
    'The API is not enabled in this project: enable it in the console, then wait some minutes.',
  ),
  'billing-disabled': final('Billing is not enabled for this project: enable it, or use what is free.'),
  'account-disabled': final('The account is disabled: contact support.'),
  'account-verification': final('The account has to be verified: open the link of the message in a browser.'),
  'consumer-invalid': final('The project does not exist or cannot be used: check the project id.'),
  'consumer-suspended': final('The project is suspended: contact support, or use another project.'),
} as const satisfies Record<(typeof reasonsByClass)['auth'][number], ReasonRow>;

const requestRows = {
  'invalid-argument': final('Correct the request: the message names the field.'),
  'model-not-found': final('Check the name of the model, the API version and the location.'),
  'not-found': final('Check the name of the resource and the base URL.'),
  'context-too-long': final('Shorten the input, or use a model with a longer context.'),
  'payload-too-large': final('Send less at once: upload media through the Files API.'),
  'invalid-media': final('Check the media: format, MIME type, size, and that its address is reachable.'),
  'blocked-content': final('The content was blocked: change the prompt or the safety settings.'),
  'region-blocked': final('The API is not offered where the request comes from: use a supported region, or Vertex AI.'),
  'schema-invalid': final('Correct the schema: use only the keywords that the API knows.'),
  'schema-too-complex': final('Simplify the schema: fewer properties, shorter names and enums, less nesting.'),
  'thought-signature': final('Send thought signatures back exactly as the model returned them.'),
  'file-not-active': final('Poll the file until its state is ACTIVE, then send again.'),
  'file-not-found': final('The file is gone (files last 48 hours) or belongs to another key: upload it again.'),
  'cache-not-found': final('The cached content has expired or was evicted: create it again.'),
  'cache-too-small': final('The content is too small to be cached: send it without a cache.'),
  'failed-precondition': final('Something has to be set up first: the message says what.'),
  'websocket-policy': final('The service refused the message: check model, modalities and setup of the session.'),
  'client-bug': final('This is an error of the program, not of the service: look at the stack.'),
  'client-config': final('Check the configuration: base URL, headers and key as they are set.'),
  'aborted-by-user': final('The call was aborted by its caller.'),
} as const satisfies Record<(typeof reasonsByClass)['request'][number], ReasonRow>;

/** Every reason with its answer; a new reason fails to compile until its row exists. */
export const reasonTable: Readonly<Record<GeminiReason, ReasonRow>> = {
  ...quotaRows,
  ...serverRows,
  ...networkRows,
  ...authRows,
  ...requestRows,
};

const classes: ReadonlyMap<string, ErrorClass> = new Map(
  errorClasses.flatMap(errorClass => reasonsByClass[errorClass].map(reason => [reason, errorClass] as const)),
);

/** The class that a reason belongs to. */
export function classOf(reason: GeminiReason): ErrorClass {
  return classes.get(reason) ?? 'request';
}
