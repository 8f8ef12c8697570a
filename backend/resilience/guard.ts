import type { Failed, Outcome } from './failure.ts';
import { type Exchange, type Policy, type Send, tellsLeaving } from './policy.ts';
import { Standing } from './standing.ts';

/** A step that lets an exchange on or not, and learns how that ended, but sends nothing itself. Neither part throws. */
export interface Guard {
  /** Undefined: it may go on. Else how it is refused; a promise where it has to wait for either. */
  enter(exchange: Exchange, standing: Standing): undefined | Failed | Promise<Failed | undefined>;
  /** What it let on has ended, whether it was sent or refused further in. */
  leave(exchange: Exchange, standing: Standing, outcome: Outcome<unknown>): void;
}

/** Made for the first guard that an exchange meets. */
function standingOf(exchange: Exchange): Standing {
  exchange.standing ??= new Standing();
  return exchange.standing;
}

const known = new WeakMap<Policy, readonly Guard[]>();

/** The guards that a policy consists of; undefined where it is anything else. */
export const guardsOf = (policy: Policy): readonly Guard[] | undefined => known.get(policy);

function leaveAll(guards: readonly Guard[], entered: number, exchange: Exchange, outcome: Outcome<unknown>): void {
  const standing = standingOf(exchange);
  for (let index = entered - 1; index >= 0; index -= 1) guards[index]?.leave(exchange, standing, outcome);
}

/** From a guard that has to be waited for, or that refused, on. */
async function enterFrom<T>(
  guards: readonly Guard[],
  first: number,
  exchange: Exchange<T>,
  next: Send,
): Promise<Outcome<T>> {
  for (let index = first; index < guards.length; index += 1) {
    const refused = await guards[index]?.enter(exchange, standingOf(exchange));
    if (refused === undefined) continue;
    leaveAll(guards, index, exchange, refused);
    return refused;
  }
  const outcome = await next(exchange);
  leaveAll(guards, guards.length, exchange, outcome);
  return outcome;
}

/** The rest of the way of an exchange that waits, small, because thousands may. */
function afterWait<T>(
  guards: readonly Guard[],
  index: number,
  exchange: Exchange<T>,
  next: Send,
  waiting: Promise<Failed | undefined>,
): Promise<Outcome<T>> {
  return waiting.then(refused => {
    if (refused === undefined) return enterFrom(guards, index + 1, exchange, next);
    leaveAll(guards, index, exchange, refused);
    return refused;
  });
}

/** One policy of several guards, outermost first. However many there are, they cost a call that passes one promise. */
export function guarded(...guards: readonly Guard[]): Policy {
  const leaving = (exchange: Exchange, outcome: Outcome<unknown>): void =>
    leaveAll(guards, guards.length, exchange, outcome);
  const policy: Policy = next => {
    const isTold = tellsLeaving.has(next);
    return exchange => {
      const standing = standingOf(exchange);
      for (let index = 0; index < guards.length; index += 1) {
        const entered = guards[index]?.enter(exchange, standing);
        if (entered === undefined) continue;
        if (entered instanceof Promise) return afterWait(guards, index, exchange, next, entered);
        leaveAll(guards, index, exchange, entered);
        return Promise.resolve(entered);
      }
      if (isTold) {
        standing.leaving = outcome => leaving(exchange, outcome);
        return next(exchange);
      }
      return next(exchange).then(outcome => {
        leaving(exchange, outcome);
        return outcome;
      });
    };
  };
  known.set(policy, guards);
  return policy;
}
