/** Writes the tables of the documents anew, from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents, withBlocks } from './tables.ts';

for (const document of documents) {
  const path = join(import.meta.dirname, '..', document);
  const before = readFileSync(path, 'utf8');
  const after = withBlocks(before);
  if (after !== before) writeFileSync(path, after);
  console.log(`${document}: ${after === before ? 'as it was' : 'written'}`);
}
