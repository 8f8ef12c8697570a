import type { Failed, Outcome } from './failure.ts';
import { type FallbackTarget, nextTarget } from './fallbackTarget.ts';
import { type Call, type Exchange, type Policy, remainingMs, type Send } from './policy.ts';

/** Why an exchange cannot be sent to a target. */
export interface Untargetable {
  /** A word of a closed list. */
  readonly refused: string;
  /** For a person. Holds nothing secret. */
  readonly message: string;
}

/** What a fallback did, as an event says it. */
export interface FallbackStep {
  /** The exchange is sent elsewhere; or it cannot be sent there. */
  readonly type: 'fallback' | 'fallback-refused';
  readonly exchange: number;
  /** The names of targets; of the first, its model or service. */
  readonly from: string;
  readonly to: string;
  /** The failure's reason; or why the exchange cannot be sent there. */
  readonly because: string;
}

/** How exchanges are sent elsewhere. */
export interface FallbackOptions<X> {
  /** In the order of preference, after the one that an exchange is addressed to. */
  readonly targets: readonly FallbackTarget<X>[];
  /**
   * The exchange for a target: one with a number of its own in the same call, so that its retries are its own and the history goes
   * on; or why there is none. `from`: which target wrote what the call has been answered so far, if one did. Must not throw.
   */
  readonly retargeted: <T>(exchange: Exchange<T>, to: X, from: X | undefined) => Exchange<T> | Untargetable;
  /** Told of every step. What it throws is ignored. */
  readonly onStep?: ((step: FallbackStep, call: Call) => void) | undefined;
}

/** An exchange that may still be sent elsewhere, which a policy can prefer to holding it. */
export interface Divertible<T = unknown> extends Exchange<T> {
  hasAlternative?: boolean;
}

/** Where a call has been sent besides where it was addressed to. Its later exchanges go where the last one went. */
interface Journey {
  at: number | undefined;
  readonly tried: Set<number>;
}

/** One exchange on its way through the targets. */
class Diversion<T, X> {
  readonly #options: FallbackOptions<X>;
  readonly #exchange: Exchange<T>;
  readonly #journey: Journey;
  /** Targets where this exchange has been, or cannot go. */
  readonly #closed: Set<number>;
  readonly #ends: { readonly failed: Failed; readonly sent: Exchange<T> }[] = [];

  constructor(options: FallbackOptions<X>, exchange: Exchange<T>, journey: Journey) {
    this.#options = options;
    this.#exchange = exchange;
    this.#journey = journey;
    this.#closed = new Set(journey.tried);
  }

  /** The exchange as it is sent first: where the call went before, if it can go there. */
  first(): Exchange<T> {
    const { at } = this.#journey;
    return this.#marked((at === undefined ? undefined : this.#towards(at)) ?? this.#exchange);
  }

  /** Sends it on, from target to target, until one answers or none is left. */
  async after(outcome: Outcome<T>, sent: Exchange<T>, next: Send): Promise<Outcome<T>> {
    if (outcome.ok) {
      this.#exchange.ending = sent.ending;
      return outcome;
    }
    this.#ends.push({ failed: outcome, sent });
    const coming = this.#mayGoOn(outcome) ? (this.#elsewhere(outcome, sent) ?? this.#held(outcome, sent)) : undefined;
    return coming === undefined ? this.#ended(outcome) : this.after(await next(coming), coming, next);
  }

  #mayGoOn({ failure }: Failed): boolean {
    const { call, repeatable } = this.#exchange;
    if (call.signal?.aborted || remainingMs(call) <= 0) return false;
    return repeatable || failure.delivery !== 'ambiguous';
  }

  #elsewhere({ failure }: Failed, sent: Exchange): Exchange<T> | undefined {
    const { targets } = this.#options;
    for (let at = nextTarget(failure, targets, this.#closed); at !== undefined; ) {
      const coming = this.#towards(at);
      if (coming !== undefined) {
        this.#tell('fallback', { exchange: sent.number, at, because: failure.reason });
        this.#journey.at = at;
        this.#journey.tried.add(at);
        return this.#marked(coming);
      }
      at = nextTarget(failure, targets, this.#closed);
    }
    return undefined;
  }

  /** It was refused because it seemed to have an alternative. It has none, so now it may be held. */
  #held({ failure }: Failed, sent: Divertible<T>): Exchange<T> | undefined {
    if (failure.refusedBy !== 'breaker' || !sent.hasAlternative) return undefined;
    sent.hasAlternative = false;
    return sent;
  }

  /** The exchange for a target, or undefined where it cannot be sent there. It is not asked for again. */
  #towards(at: number): Exchange<T> | undefined {
    this.#closed.add(at);
    const { targets, retargeted } = this.#options;
    const target = targets[at];
    if (target === undefined) return undefined;
    const from = this.#journey.at === undefined ? undefined : targets[this.#journey.at]?.to;
    const coming = retargeted(this.#exchange, target.to, from);
    if (!('refused' in coming)) return coming;
    this.#tell('fallback-refused', { exchange: this.#exchange.number, at, because: coming.refused });
    return undefined;
  }

  #marked(exchange: Divertible<T>): Exchange<T> {
    exchange.hasAlternative = this.#closed.size < this.#options.targets.length;
    return exchange;
  }

  #tell(
    type: FallbackStep['type'],
    { exchange, at, because }: { exchange: number; at: number; because: string },
  ): void {
    const { targets, onStep } = this.#options;
    const { call, target } = this.#exchange;
    const last = this.#journey.at === undefined ? undefined : targets[this.#journey.at];
    const from = last?.name ?? call.model ?? target.service;
    try {
      onStep?.({ type, exchange, from, to: targets[at]?.name ?? '', because }, call);
    } catch {
      // What a listener throws must not cost the caller an answer.
    }
  }

  /**
   * The failure of the target that the user asked for: what to do about that is what they have to know, and the history has the
   * rest. Where nothing was sent there, because it was known to be down or spent, the first target that really failed knows more.
   * It makes sense to come back as soon as one of them does.
   */
  #ended(last: Failed): Failed {
    const times = this.#ends.flatMap(({ sent }) => sent.retryAtMs ?? []);
    if (times.length > 0) this.#exchange.retryAtMs = Math.min(...times);
    if (this.#exchange.call.signal?.aborted) return last;
    return (this.#ends.find(({ sent }) => sent.attempt > 0) ?? this.#ends[0])?.failed ?? last;
  }
}

/**
 * Sends an exchange to another target when the one it is addressed to fails for good. Later exchanges of the call go there as well;
 * deadline and history are the call's, and so one for all targets. It belongs around the retries.
 */
export function fallback<X>(options: FallbackOptions<X>): Policy {
  if (options.targets.length === 0) return next => next;
  const journeys = new WeakMap<Call, Journey>();
  const begun = (call: Call): Journey => {
    const journey = journeys.get(call) ?? { at: undefined, tried: new Set() };
    journeys.set(call, journey);
    return journey;
  };
  return next =>
    <T>(exchange: Divertible<T>) => {
      const { call, number } = exchange;
      // The first exchange of a call has been nowhere yet.
      if (number > 1 && journeys.has(call)) {
        const diversion = new Diversion(options, exchange, begun(call));
        const sent = diversion.first();
        return next(sent).then(outcome => diversion.after(outcome, sent, next));
      }
      exchange.hasAlternative = true;
      return next(exchange).then(outcome =>
        outcome.ok ? outcome : new Diversion(options, exchange, begun(call)).after(outcome, exchange, next),
      );
    };
}
