import type { Failed, Outcome } from './failure.ts';
import { passesOn, passOn } from './onward.ts';
import { type Exchange, type Join, joins, type Leaving, type Policy, type Send, tellsLeaving } from './policy.ts';
import { Standing } from './standing.ts';

/** What comes of asking to go on. Undefined: it may. Else how it is refused; a promise where it has to wait for either. */
type Entered = undefined | Failed | Promise<Failed | undefined>;

/** A step that lets an exchange on or not, and learns how that ended, but sends nothing itself. Neither part throws. */
export interface Guard {
  enter(exchange: Exchange, standing: Standing): Entered;
  /** What it let on has ended, whether it was sent or refused further in. */
  leave(exchange: Exchange, standing: Standing, outcome: Outcome<unknown>): void;
}

/** Made for the first guard that an exchange meets. */
function standingOf(exchange: Exchange): Standing {
  exchange.standing ??= new Standing();
  return exchange.standing;
}

/** The guards that a policy consists of. */
const known = new WeakMap<Policy, readonly Guard[]>();

/** Guards in a row, outermost first, and what comes after them. */
interface Row {
  readonly guards: readonly Guard[];
  readonly next: Send;
  readonly leaveAll: Leaving;
}

function leaveFirst(guards: readonly Guard[], entered: number, exchange: Exchange, outcome: Outcome<unknown>): void {
  const standing = standingOf(exchange);
  for (let index = entered - 1; index >= 0; index -= 1) guards[index]?.leave(exchange, standing, outcome);
}

/** All have let it on. Who is told of the outcome anyway is not waited for. */
function sendOn<T>({ next, leaveAll }: Row, exchange: Exchange<T>): Promise<Outcome<T>> {
  if (tellsLeaving.has(next)) {
    exchange.leaving = leaveAll;
    return next(exchange);
  }
  return next(exchange).then(outcome => {
    leaveAll(exchange, outcome);
    return outcome;
  });
}

/** From a guard that has to be waited for, on. */
async function enterFrom<T>(row: Row, first: number, exchange: Exchange<T>): Promise<Outcome<T>> {
  const { guards } = row;
  for (let index = first; index < guards.length; index += 1) {
    const refused = await guards[index]?.enter(exchange, standingOf(exchange));
    if (refused === undefined) continue;
    leaveFirst(guards, index, exchange, refused);
    return passOn(exchange, refused);
  }
  return sendOn(row, exchange);
}

/** A guard has not simply let it on. What is left of the way of an exchange that waits is small, because thousands may. */
function heldAt<T>(row: Row, index: number, exchange: Exchange<T>, entered: NonNullable<Entered>): Promise<Outcome<T>> {
  const refuse = (refused: Failed): Outcome<T> | Promise<Outcome<T>> => {
    leaveFirst(row.guards, index, exchange, refused);
    return passOn(exchange, refused);
  };
  if (!(entered instanceof Promise)) return Promise.resolve(refuse(entered));
  return entered.then(refused => (refused === undefined ? enterFrom(row, index + 1, exchange) : refuse(refused)));
}

/** Fills a row up. */
const absent: Guard = { enter: () => undefined, leave: () => {} };

/** So many guards have each a place of its own from which they are called. */
const rowLength = 4;

/**
 * Up to four guards. From one place in a loop the engine would have to look up each time what it calls, which costs more than most
 * guards do.
 */
function rowOf(guards: readonly Guard[], next: Send): Send {
  const [first = absent, second = absent, third = absent, fourth = absent] = guards;
  const leaveAll: Leaving = (exchange, outcome) => {
    const standing = standingOf(exchange);
    fourth.leave(exchange, standing, outcome);
    third.leave(exchange, standing, outcome);
    second.leave(exchange, standing, outcome);
    first.leave(exchange, standing, outcome);
  };
  const row: Row = { guards, next, leaveAll };
  const isTold = tellsLeaving.has(next);
  const send: Send = exchange => {
    const standing = standingOf(exchange);
    const atFirst = first.enter(exchange, standing);
    if (atFirst !== undefined) return heldAt(row, 0, exchange, atFirst);
    const atSecond = second.enter(exchange, standing);
    if (atSecond !== undefined) return heldAt(row, 1, exchange, atSecond);
    const atThird = third.enter(exchange, standing);
    if (atThird !== undefined) return heldAt(row, 2, exchange, atThird);
    const atFourth = fourth.enter(exchange, standing);
    if (atFourth !== undefined) return heldAt(row, 3, exchange, atFourth);
    if (!isTold) return sendOn(row, exchange);
    exchange.leaving = leaveAll;
    return next(exchange);
  };
  if (isTold) passesOn.add(send);
  return send;
}

const join: Join = (...policies) => guarded(...policies.flatMap(policy => known.get(policy) ?? []));

/** One policy of several guards, outermost first. However many there are, they cost a call that passes no promise of their own. */
export function guarded(...guards: readonly Guard[]): Policy {
  const policy: Policy = next => {
    let send = next;
    for (let end = guards.length; end > 0; end -= rowLength) {
      send = rowOf(guards.slice(Math.max(0, end - rowLength), end), send);
    }
    return send;
  };
  known.set(policy, guards);
  joins.set(policy, join);
  return policy;
}
