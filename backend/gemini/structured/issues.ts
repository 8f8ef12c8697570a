import type { StandardIssue } from './standardSchema.ts';

/** One thing that is wrong with a value, and where: `person.tags[2]`; empty for the value itself. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** More than these help nobody. */
const mostShown = 10;

/** The place of a value, as a program would write it. */
export function pathOf(keys: readonly unknown[]): string {
  return keys
    .map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** The issue of a Standard Schema, whose path may hold keys or objects with a key. */
export function issueOf({ message, path = [] }: StandardIssue): Issue {
  const keys = path.map(part => (typeof part === 'object' ? part.key : part));
  return { path: pathOf(keys), message };
}

/** The issues in a line each, for a model or a person to correct them by. */
export function issuesInWords(issues: readonly Issue[]): string {
  const shown = issues
    .slice(0, mostShown)
    .map(({ path, message }) => (path === '' || message.startsWith(path) ? message : `${path}: ${message}`));
  const more = issues.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}
