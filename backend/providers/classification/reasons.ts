import { type ErrorClass, errorClasses } from '../../resilience/failure.ts';

/** May it succeed when repeated, and one sentence for a person: what to do now. */
interface ReasonRow {
  readonly retryable: boolean;
  readonly advice: string;
}

const again = (advice: string): ReasonRow => ({ retryable: true, advice });
const final = (advice: string): ReasonRow => ({ retryable: false, advice });

/** The closed list of reasons, by the class that each belongs to. The same words as for Gemini where the same is meant. */
export const providerReasons = {
  quota: {
    'quota-per-minute': again('Wait as long as the server says, and send fewer requests or tokens per minute.'),
    'quota-per-day': final('The quota of the day is spent: wait for the next, use another model, or raise the limit.'),
    'quota-billing': final('Credit or spending limit is used up: look at the billing settings of the account.'),
    'quota-long-wait': final('The quota comes back in hours, not seconds: come back then, or use another model.'),
    'quota-unspecified': again('Wait a little and send again; if it lasts, look at the limits of the account.'),
  },
  server: {
    overloaded: again('The service is overloaded: send again with growing waits, or use another model.'),
    internal: again('The service failed: send again; if it lasts, report it.'),
    unavailable: again('The service is unavailable: send again with growing waits.'),
    'bad-gateway': again('A gateway on the way failed: send again.'),
    deadline: again('The service ran out of time: send again, or ask for less at once.'),
    'cancelled-by-server': again('The service dropped the request: send again.'),
    'malformed-response': again('The answer could not be read: send again; if it lasts, check base URL and proxy.'),
    'empty-response': again('The answer was empty: send again; if it lasts, change the prompt or the model.'),
    'model-loading': again('The model is being started: wait until it is there.'),
    'resource-locked': again('Another has the resource now: wait a little and try again.'),
  },
  network: {
    timeout: again('No answer in time: send again, and check the connection or allow more time.'),
    'connection-refused': again('Nothing listens at the address: start the service, or check host, port and proxy.'),
    'connection-reset': again('The connection was dropped: send again.'),
    'connection-failed': again('No connection could be made: check network, firewall and proxy.'),
    dns: again('The host name was not found: check the name and the DNS.'),
    tls: final('The certificate or the TLS setup was refused: trust the right root, check proxy and clock.'),
    'fetch-failed': again('The request failed on the network: send again, and check the connection.'),
    'truncated-stream': again('The answer was cut off: send again.'),
  },
  auth: {
    'key-invalid': final('Check the API key: make sure that it is the one being sent, and that it is still valid.'),
    'credentials-missing': final('No key was sent: set it.'),
    unauthenticated: final('The credential was not accepted: check which one is being sent.'),
    permission: final('Permission is missing: grant the account access to this model or resource.'),
  },
  request: {
    'invalid-argument': final('Correct the request: the message says what is wrong with it.'),
    'model-not-found': final('Check the name of the model, and whether this account may use it.'),
    'not-found': final('Check the address: base URL, path and ids.'),
    'context-too-long': final('Shorten the input, or use a model with a longer context.'),
    'payload-too-large': final('Send less at once.'),
    'blocked-content': final('The content was blocked: change the prompt.'),
    'region-blocked': final('The API is not offered where the request comes from.'),
    'client-bug': final('This is an error of the program, not of the service: look at the stack.'),
    'client-config': final('Check the configuration: base URL, headers and key as they are set.'),
    'aborted-by-user': final('The call was aborted by its caller.'),
  },
} as const satisfies Record<ErrorClass, Record<string, ReasonRow>>;

type Reasons = typeof providerReasons;

/** One word of the closed list. */
export type ProviderReason = { [C in ErrorClass]: keyof Reasons[C] }[ErrorClass];

/** What is known of a reason by itself. */
export interface ReasonFacts extends ReasonRow {
  readonly errorClass: ErrorClass;
}

const facts: ReadonlyMap<string, ReasonFacts> = new Map(
  errorClasses.flatMap(errorClass =>
    Object.entries<ReasonRow>(providerReasons[errorClass]).map(([reason, row]) => [reason, { errorClass, ...row }]),
  ),
);

/** Class, retryability and advice of a reason; of a word that is none, those of an unknown error. */
export const factsOf = (reason: string): ReasonFacts => facts.get(reason) ?? { errorClass: 'request', ...final('') };

/** Is it one of the list? */
export const isReason = (word: string): word is ProviderReason => facts.has(word);
