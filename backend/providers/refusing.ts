import { OptionError } from '../resilience/optionError.ts';
import { ProviderError } from './providerError.ts';

/** Runs a check of options; what it refuses becomes the one error class, before anything is sent. @throws ProviderError */
export function refusing<T>(check: () => T, provider = ''): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause;
    const failure = {
      errorClass: 'request',
      reason: 'client-config',
      retryable: false,
      delivery: 'unsent',
      rule: 'option-check',
      evidence: cause.field,
      message: cause.message,
      advice: 'Nothing was sent: correct the setting.',
    } as const;
    throw new ProviderError({ provider, failure, attempts: [], cause });
  }
}
