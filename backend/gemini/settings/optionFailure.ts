import { OptionError } from '../../resilience/optionError.ts';
import { GeminiError } from '../geminiError.ts';
import type { GeminiFailure, GeminiReason } from '../reasons.ts';

/** A setting that is missing, as the person who has to give it sees it. */
export class MissingCredentials extends OptionError {}

/** A schema that the API would refuse. Its field is the place in the schema. */
export class SchemaRefused extends OptionError {}

interface Kind {
  readonly errorClass: 'auth' | 'request';
  readonly reason: GeminiReason;
  readonly advice: string;
}

const missingCredentials: Kind = {
  errorClass: 'auth',
  reason: 'credentials-missing',
  advice: 'Get a key at https://aistudio.google.com/apikey.',
};

function kindOf(error: OptionError): Kind {
  if (error instanceof MissingCredentials) return missingCredentials;
  const isSchema = error instanceof SchemaRefused;
  const advice = `Nothing was sent: correct the ${isSchema ? 'schema' : 'setting'}.`;
  return { errorClass: 'request', reason: isSchema ? 'schema-invalid' : 'client-config', advice };
}

const failureOf = (kind: Kind, rule: string, evidence: string, message: string): GeminiFailure => ({
  ...kind,
  retryable: false,
  delivery: 'unsent',
  rule,
  evidence,
  message,
});

/** What the official client refuses of its options: which go together, and which its build for browsers does not take. */
export function officialRefusal(cause: unknown): GeminiError {
  const message = cause instanceof Error ? cause.message : 'The official client cannot be made of these options.';
  const isMissing = /authentication is not set up|api key must be set/i.test(message);
  const advice = 'Nothing was sent: correct the options of the client.';
  const kind: Kind = isMissing ? missingCredentials : { errorClass: 'request', reason: 'client-config', advice };
  return new GeminiError({ failure: failureOf(kind, 'official-client', 'its options', message), attempts: [], cause });
}

function refusal(cause: unknown): unknown {
  if (!(cause instanceof OptionError)) return cause;
  const failure = failureOf(kindOf(cause), 'option-check', cause.field, cause.message);
  return new GeminiError({ failure, attempts: [], cause });
}

/** Runs a check of options; what it refuses becomes the one error class, before anything is sent. */
export function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw refusal(cause);
  }
}

/** The same for a check that has to wait: of a file, say. */
export async function refusingLater<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (cause) {
    throw refusal(cause);
  }
}
