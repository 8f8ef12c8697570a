/** What a page loads that uses a part of the library: bundled, minified, compressed. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** A bundle, and what it may come to. */
export interface Budget {
  readonly name: string;
  /** Modules, and what is used of each: all of it, or these exports. Paths in `backend`. */
  readonly uses: Readonly<Record<string, readonly string[] | 'all'>>;
  /** Gzip, in bytes of 1,000 to the kilobyte. */
  readonly mostKb: number;
}

/** A bundle as it came out. */
export interface Bundled {
  readonly bytes: number;
  /** Files of packages and of our own that are in it. */
  readonly modules: readonly string[];
  /** What it still imports when it is loaded. */
  readonly imports: readonly string[];
}

const backend = join(import.meta.dirname, '../backend');

/** Of the platform, loaded when they are needed, or the user's own. */
const external = [
  'google-auth-library',
  'node:fs/promises',
  '@google/genai',
  '@ai-sdk/provider',
  'ws',
  'mime',
  'debug',
];

const fetchOf = (...names: readonly string[]): Budget['uses'] => ({ 'fetch.ts': names });

/** The budgets that are kept. */
export const budgets: readonly Budget[] = [
  { name: 'geminicore/fetch: the pipeline and the fetch, `composeFetch`', uses: fetchOf('composeFetch'), mostKb: 15 },
  { name: 'the same with `openai`', uses: fetchOf('composeFetch', 'openai'), mostKb: 22 },
  { name: 'the same with `openai`, `breaker`', uses: fetchOf('composeFetch', 'openai', 'breaker'), mostKb: 27 },
  { name: 'the same with `openai`, `quota`', uses: fetchOf('composeFetch', 'openai', 'quota'), mostKb: 29.5 },
  {
    name: 'geminicore/fetch with all parts, `createResilientFetch` with `openai`',
    uses: fetchOf('createResilientFetch', 'openai'),
    mostKb: 37.5,
  },
  { name: 'geminicore/fetch, all that it exports', uses: { 'fetch.ts': 'all' }, mostKb: 40.5 },
  { name: 'geminicore/providers', uses: { 'providers/index.ts': 'all' }, mostKb: 42.5 },
  { name: 'geminicore/ai-sdk', uses: { 'adapters/aiSdk/index.ts': 'all' }, mostKb: 30.5 },
  { name: 'geminicore, without the official client', uses: { 'index.ts': 'all' }, mostKb: 107.5 },
];

const entryName = '\0entry';

/** Bundles what a budget uses. */
export async function bundled({ uses }: Pick<Budget, 'uses'>): Promise<Bundled> {
  const lines = Object.entries(uses).map(([path, names]) => {
    const what = names === 'all' ? '*' : `{ ${names.join(', ')} }`;
    return `export ${what} from ${JSON.stringify(join(backend, path))};`;
  });
  const entry = {
    name: 'entry',
    resolveId: (id: string) => (id === entryName ? id : null),
    load: (id: string) => (id === entryName ? lines.join('\n') : null),
  };
  const bundle = await rolldown({ input: entryName, platform: 'browser', external, plugins: [entry] });
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false });
  await bundle.close();
  const [{ code, moduleIds, imports }] = output;
  return { bytes: gzipSync(code, { level: 9 }).length, modules: moduleIds, imports };
}
