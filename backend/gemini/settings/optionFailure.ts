import { OptionError } from '../../resilience/optionError.ts';
import { GeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';

/** A setting that is missing, as the person who has to give it sees it. */
export class MissingCredentials extends OptionError {}

function failureOf(error: OptionError): GeminiFailure {
  const missing = error instanceof MissingCredentials;
  return {
    errorClass: missing ? 'auth' : 'request',
    reason: missing ? 'credentials-missing' : 'client-config',
    retryable: false,
    delivery: 'unsent',
    rule: 'option-check',
    evidence: error.field,
    message: error.message,
    advice: missing ? 'Get a key at https://aistudio.google.com/apikey.' : 'Nothing was sent: correct the setting.',
  };
}

/** Runs a check of options; what it refuses becomes the one error class, before anything is sent. */
export function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause;
    throw new GeminiError({ failure: failureOf(cause), attempts: [], cause });
  }
}
