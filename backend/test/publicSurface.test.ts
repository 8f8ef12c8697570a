import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const backend = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(backend, path), 'utf8');

/** Every name that a module exports: of `export { a, type B } from '…'`. */
function exportedBy(path: string): string[] {
  const lists = [...read(path).matchAll(/export (type )?\{([^}]*)\}/g)];
  return lists.flatMap(([, kind = '', names = '']) =>
    names
      .split(',')
      .map(name => name.trim())
      .filter(Boolean)
      .map(name => (name.startsWith('type ') ? name : `${kind}${name}`)),
  );
}

it('the public surface is the one that was agreed on', () => {
  const surface = ['index.ts', 'simulator/index.ts', 'fetch.ts', 'providers/index.ts', 'adapters/aiSdk/index.ts'].map(
    path => `# ${path}\n${exportedBy(path).toSorted().join('\n')}\n`,
  );
  expect(`${surface.join('\n')}`).toBe(read('api.txt'));
});
