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

function kindOf(error: OptionError): Kind {
  if (error instanceof MissingCredentials) {
    const advice = 'Get a key at https://aistudio.google.com/apikey.';
    return { errorClass: 'auth', reason: 'credentials-missing', advice };
  }
  const isSchema = error instanceof SchemaRefused;
  const advice = `Nothing was sent: correct the ${isSchema ? 'schema' : 'setting'}.`;
  return { errorClass: 'request', reason: isSchema ? 'schema-invalid' : 'client-config', advice };
}

function failureOf(error: OptionError): GeminiFailure {
  const { errorClass, reason, advice } = kindOf(error);
  return {
    errorClass,
    reason,
    retryable: false,
    delivery: 'unsent',
    rule: 'option-check',
    evidence: error.field,
    message: error.message,
    advice,
  };
}

function refusal(cause: unknown): unknown {
  return cause instanceof OptionError ? new GeminiError({ failure: failureOf(cause), attempts: [], cause }) : cause;
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
