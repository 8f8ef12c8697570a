import { type ErrorClass, errorClasses } from '../../resilience/failure.ts';
import {
  checkFunction,
  checkIsObject,
  checkObject,
  checkOneOf,
  OptionError,
  show,
} from '../../resilience/optionError.ts';
import { isReason } from '../classification/reasons.ts';
import type { ResilientFetchOptions } from '../fetch/resilientFetch.ts';
import type { Backend } from './backend.ts';

/** Where a request goes when its provider fails for good. */
export interface RegistryFallback {
  /** The name of another registration, which may also be made later: a call that would need it is refused before anything is sent. */
  readonly provider: string;
  /** The error classes and reasons that lead there. An open circuit leads everywhere. @default all but auth and request */
  readonly when?: readonly string[] | undefined;
}

/** One provider as a registry knows it: how it is asked, and the settings of its calls. */
export interface ProviderRegistration extends Omit<ResilientFetchOptions, 'sdkRetries' | 'onWarning'> {
  readonly backend: Backend;
  /** Best first. */
  readonly fallbacks?: readonly RegistryFallback[] | undefined;
  /** `false`: its requests are sent once, and nowhere else; as a fallback of another it is asked once. @default true */
  readonly withRetry?: boolean | undefined;
}

/** What leads to a fallback that says nothing of it. */
export const defaultWhen: readonly ErrorClass[] = ['quota', 'server', 'network'];

const classNames: ReadonlySet<string> = new Set(errorClasses);
const fallbackKeys: ReadonlySet<string> = new Set(['provider', 'when']);

/** Checks what leads to a fallback. @throws OptionError */
export function checkWhen(field: string, when: unknown): void {
  if (!Array.isArray(when)) throw new OptionError(field, show(when), 'an array of classes and reasons');
  for (const word of when) {
    // Gemini's reasons are more than those of the others.
    const isWord =
      typeof word === 'string' && (classNames.has(word) || isReason(word) || /^[a-z]+(?:-[a-z]+)+$/.test(word));
    if (!isWord) throw new OptionError(field, show(word), 'error classes and reasons');
  }
}

function checkFallback(field: string, value: unknown, name: string): void {
  const { provider, when } = checkObject<RegistryFallback>(field, value, fallbackKeys);
  if (typeof provider !== 'string' || provider === '')
    throw new OptionError(`${field}.provider`, show(provider), 'a name');
  if (provider === name) throw new OptionError(`${field}.provider`, show(provider), 'the name of another registration');
  if (when !== undefined) checkWhen(`${field}.when`, when);
}

/** Checks what is special about a registration. `field`: its name. @throws OptionError */
export function checkRegistration(field: string, registration: ProviderRegistration): void {
  checkIsObject(field, registration);
  const { backend, fallbacks, withRetry } = registration;
  checkIsObject(`${field}.backend`, backend);
  checkOneOf(`${field}.backend.kind`, backend.kind, ['http', 'function']);
  checkFunction(`${field}.backend.provider.classify`, backend.provider?.classify);
  if (withRetry !== undefined) checkOneOf(`${field}.withRetry`, withRetry, [true, false]);
  if (fallbacks === undefined) return;
  if (!Array.isArray(fallbacks)) throw new OptionError(`${field}.fallbacks`, show(fallbacks), 'an array');
  for (const [at, fallback] of fallbacks.entries()) checkFallback(`${field}.fallbacks[${at}]`, fallback, field);
}
