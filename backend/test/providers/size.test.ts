import { describe, expect, it } from 'vitest';
import { budgets, bundled } from '../../../scripts/sizes.ts';

describe('in a page', () => {
  it.each(budgets)('$name comes to at most $mostKb KB', async budget => {
    expect((await bundled(budget)).bytes).toBeLessThanOrEqual(budget.mostKb * 1_000);
  });

  it('geminicore/fetch brings no SDK along, nothing of Gemini, and asks for nothing else', async () => {
    const { modules, imports } = await bundled({ uses: { 'fetch.ts': 'all' } });
    const packages = modules.flatMap(id => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
    expect([...new Set(packages)].toSorted()).toEqual(['is-network-error', 'p-retry']);
    expect(modules.filter(id => id.includes('/gemini/'))).toEqual([]);
    expect(imports).toEqual([]);
  });
});
