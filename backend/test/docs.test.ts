import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { documents, withBlocks } from '../../scripts/tables.ts';
import { startSimulator } from '../simulator/index.ts';

const root = join(import.meta.dirname, '../..');
const read = (document: string): string => readFileSync(join(root, document), 'utf8');
const run = promisify(execFile);

const all = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'backend/gemini/RETRY_MECHANISM.md',
  'backend/providers/PROVIDERS.md',
];

/** The runnable examples of a document. */
const examples = (document: string): string[] =>
  [...read(document).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');

const packages: Readonly<Record<string, string>> = {
  "'geminicore'": JSON.stringify(join(root, 'backend/index.ts')),
  "'geminicore/fetch'": JSON.stringify(join(root, 'backend/fetch.ts')),
  "'geminicore/ai-sdk'": JSON.stringify(join(root, 'backend/adapters/aiSdk/index.ts')),
  "'geminicore/providers'": JSON.stringify(join(root, 'backend/providers/index.ts')),
  "'openai'": JSON.stringify(join(root, 'node_modules/openai/index.mjs')),
  "'ai'": JSON.stringify(join(root, 'node_modules/ai/dist/index.js')),
  "'@ai-sdk/google'": JSON.stringify(join(root, 'node_modules/@ai-sdk/google/dist/index.js')),
  "'geminicore/simulator'": JSON.stringify(join(root, 'backend/simulator/index.ts')),
  "'zod'": JSON.stringify(join(root, 'node_modules/zod/index.js')),
};

describe('the documents', () => {
  it.each(documents)('%s shows the tables as the code has them', document => {
    expect(withBlocks(read(document))).toBe(read(document));
  });

  it('the README is short, and its first call is near', () => {
    const lines = read('README.md').split('\n');
    expect(lines.length).toBeLessThanOrEqual(250);
    const first = lines.indexOf('```ts');
    expect(lines.slice(first).indexOf('```')).toBeLessThanOrEqual(10);
  });

  it.each(all)('%s points only at files that are there', document => {
    const targets = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => target ?? '');
    for (const target of targets) expect(() => readFileSync(join(root, target))).not.toThrow();
  });
});

describe('the examples run', () => {
  const rows = documents.flatMap(document =>
    examples(document).map((code, index) => [`${document}, example ${index + 1}`, code] as const),
  );

  it('there are some', () => {
    expect(rows.length).toBeGreaterThan(6);
  });

  it('and they compile, as strictly as our own code', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'examples-'));
    try {
      const files = rows.map(([_name, code], index) => {
        writeFileSync(join(folder, `example${index}.mts`), code);
        return `example${index}.mts`;
      });
      const paths = {
        geminicore: [join(root, 'backend/index.ts')],
        'geminicore/fetch': [join(root, 'backend/fetch.ts')],
        'geminicore/ai-sdk': [join(root, 'backend/adapters/aiSdk/index.ts')],
        'geminicore/providers': [join(root, 'backend/providers/index.ts')],
        openai: [join(root, 'node_modules/openai/index.d.mts')],
        ai: [join(root, 'node_modules/ai/dist/index.d.ts')],
        '@ai-sdk/google': [join(root, 'node_modules/@ai-sdk/google/dist/index.d.ts')],
        'geminicore/simulator': [join(root, 'backend/simulator/index.ts')],
        zod: [join(root, 'node_modules/zod/index.d.ts')],
      };
      const typeRoots = [join(root, 'node_modules/@types')];
      const compilerOptions = { paths, typeRoots, rootDir: '/', noUnusedLocals: false };
      const project = { extends: join(root, 'tsconfig.json'), compilerOptions, files };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
      const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
      expect(stdout).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.concurrent.each(rows)('%s', async (_name, code) => {
    await using simulator = await startSimulator();
    const folder = mkdtempSync(join(tmpdir(), 'example-'));
    try {
      const runnable = Object.entries(packages).reduce((text, [name, path]) => text.replaceAll(name, path), code);
      writeFileSync(join(folder, 'example.mts'), runnable);
      const env = {
        ...process.env,
        GEMINI_API_KEY: 'test-key',
        GOOGLE_GEMINI_BASE_URL: simulator.url,
        NODE_NO_WARNINGS: '1',
      };
      const { stderr } = await run(process.execPath, [join(folder, 'example.mts')], { env });
      expect(stderr).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
