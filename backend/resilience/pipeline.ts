import { joins, type Policy } from './policy.ts';

/** Policies of one kind that stand side by side become one step. */
function joined(policies: readonly Policy[]): Policy[] {
  const steps: Policy[] = [];
  for (const policy of policies) {
    const join = joins.get(policy);
    const before = steps.at(-1);
    if (join !== undefined && before !== undefined && joins.get(before) === join)
      steps.splice(-1, 1, join(before, policy));
    else steps.push(policy);
  }
  return steps;
}

/** Composes policies, outermost first. */
export function pipeline(...policies: readonly Policy[]): Policy {
  const steps = joined(policies);
  return innermost => steps.reduceRight((next, policy) => policy(next), innermost);
}
