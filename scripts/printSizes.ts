/** `npm run size`: what each part comes to in a page, against its budget. */
import { budgets, bundled } from './sizes.ts';

let isOver = false;
console.log('bundled, minified, gzip:');
for (const budget of budgets) {
  const kb = (await bundled(budget)).bytes / 1_000;
  if (kb > budget.mostKb) isOver = true;
  const words = `${kb.toFixed(2)} KB of ${budget.mostKb} KB`;
  console.log(`  ${kb > budget.mostKb ? 'OVER ' : 'holds'}  ${budget.name}: ${words}`);
}
if (isOver) process.exitCode = 1;
