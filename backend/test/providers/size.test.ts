import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const backend = join(import.meta.dirname, '../..');

/** The size that a web page would load, in bytes: bundled, minified, compressed. Also every module that is in it. */
async function bundled(input: string): Promise<{ readonly bytes: number; readonly modules: readonly string[] }> {
  const bundle = await rolldown({
    input: join(backend, input),
    platform: 'neutral',
    resolve: { conditionNames: ['import', 'default'] },
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const [{ code, moduleIds, imports }] = output;
  expect(imports).toEqual([]);
  return { bytes: gzipSync(code, { level: 9 }).length, modules: moduleIds };
}

it('geminicore/fetch is small, for any platform, and brings no SDK along', async () => {
  const { bytes, modules } = await bundled('fetch.ts');
  const packages = modules.flatMap(id => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
  expect([...new Set(packages)].toSorted()).toEqual(['is-network-error', 'p-retry']);
  expect(modules.filter(id => id.includes('/gemini/'))).toEqual([]);
  expect(bytes).toBeLessThanOrEqual(40_000);
});
