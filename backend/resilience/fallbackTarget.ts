import type { Failure } from './failure.ts';

/** Where an exchange may be sent instead. */
export interface FallbackTarget<X> {
  /** For events: holds nothing secret. */
  readonly name: string;
  readonly to: X;
  /** The reasons and error classes that lead here. What a circuit breaker refused leads to every target. */
  readonly when: readonly string[];
}

/**
 * Which target comes next: the first that has not been tried and that the failure leads to; undefined: none. Pure.
 * @param tried positions in `targets`
 */
export function nextTarget(
  { reason, errorClass, refusedBy }: Failure,
  targets: readonly Pick<FallbackTarget<unknown>, 'when'>[],
  tried: ReadonlySet<number>,
): number | undefined {
  // What the call may cost is spent, whoever would answer it.
  if (refusedBy === 'cost-cap') return undefined;
  const leadsTo = ({ when }: Pick<FallbackTarget<unknown>, 'when'>): boolean =>
    refusedBy === 'breaker' || when.includes(reason) || when.includes(errorClass);
  const found = targets.findIndex((target, at) => !tried.has(at) && leadsTo(target));
  return found < 0 ? undefined : found;
}

/**
 * The same after several failures of one request, the first of who was asked first: what made it leave there leads on, also where
 * another that it was sent to failed for a reason of its own.
 */
export function nextTargetAfter(
  failures: readonly Failure[],
  targets: readonly Pick<FallbackTarget<unknown>, 'when'>[],
  tried: ReadonlySet<number>,
): number | undefined {
  const found = failures.flatMap(failure => nextTarget(failure, targets, tried) ?? []);
  return found.length === 0 ? undefined : Math.min(...found);
}
