import { type Guard, guarded, guardsOf } from './guard.ts';
import type { Policy } from './policy.ts';

/** Guards that stand side by side become one step. */
function merged(policies: readonly Policy[]): Policy[] {
  const steps: Policy[] = [];
  let row: Guard[] = [];
  const close = (): void => {
    if (row.length > 0) steps.push(guarded(...row));
    row = [];
  };
  for (const policy of policies) {
    const guards = guardsOf(policy);
    if (guards !== undefined) row.push(...guards);
    else {
      close();
      steps.push(policy);
    }
  }
  close();
  return steps;
}

/** Composes policies, outermost first. */
export function pipeline(...policies: readonly Policy[]): Policy {
  const steps = merged(policies);
  return innermost => steps.reduceRight((next, policy) => policy(next), innermost);
}
