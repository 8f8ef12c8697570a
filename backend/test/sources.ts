import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const backend = join(import.meta.dirname, '..');

/** One source file of the product, tests left out. */
export interface Source {
  /** Relative to backend/, for instance `resilience/retry.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** What it imports: paths relative to backend/, or names of packages. */
  readonly imports: readonly string[];
}

const importForm = /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/g;

function read(path: string): Source {
  const text = readFileSync(join(backend, path), 'utf8');
  const imports = [...text.matchAll(importForm)].map(([, fixed, dynamic]) => {
    const name = fixed ?? dynamic ?? '';
    return name.startsWith('.') ? join(dirname(path), name) : name;
  });
  return { path, text, lines: text.split('\n'), imports };
}

/** Every source file of the product. */
export function sources(): readonly Source[] {
  return readdirSync(backend, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => relative(backend, join(entry.parentPath, entry.name)))
    .filter(path => !path.startsWith('test/'))
    .map(read);
}
