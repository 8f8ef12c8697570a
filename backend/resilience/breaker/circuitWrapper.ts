import { checkFunction, OptionError } from '../optionError.ts';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuitBreaker.ts';

/** Puts functions behind a circuit breaker, which all that it wraps share. */
export interface CircuitWrapper {
  <A extends unknown[], R>(work: (...given: A) => R | PromiseLike<R>): (...given: A) => Promise<R>;
  readonly breaker: CircuitBreaker;
}

/** Is it a breaker, of whatever copy of this package? */
const isBreaker = (given: unknown): given is CircuitBreaker =>
  given instanceof CircuitBreaker ||
  (typeof given === 'object' && given !== null && typeof Reflect.get(given, 'execute') === 'function');

function breakerFrom(given: Parameters<typeof circuitBreaker>): CircuitBreaker {
  const [options = {}] = given;
  // Who names a breaker that is not there would be given one that nobody else shares.
  if (given.length > 0 && given[0] === undefined)
    throw new OptionError('options', 'undefined', 'settings, a CircuitBreaker, or left out');
  return isBreaker(options) ? options : new CircuitBreaker(options);
}

/**
 * A wrapper for functions that ask the same service. What it wraps rejects with a CircuitOpenError while the circuit is open, or
 * waits, and else ends as the function does.
 * @param options settings for a breaker of its own, or the breaker to use
 * @throws OptionError
 */
export function circuitBreaker(...given: [options?: CircuitBreakerOptions | CircuitBreaker]): CircuitWrapper {
  const breaker = breakerFrom(given);
  const wrap = <A extends unknown[], R>(work: (...given: A) => R | PromiseLike<R>) => {
    checkFunction('work', work);
    return function (this: unknown, ...given: A): Promise<R> {
      return breaker.execute(() => work.apply(this, given));
    };
  };
  return Object.assign(wrap, { breaker });
}
