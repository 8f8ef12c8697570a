import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const packages = [
  '@google/genai',
  'ai',
  '@ai-sdk/google',
  '@langchain/google-genai',
  '@langchain/core',
  'p-retry',
  'cockatiel',
  'bottleneck',
];

function versionOf(name: string): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(file)) return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
  }
  return 'not installed';
}

/** The packages that are compared, with the versions that this run has used. */
export function packageVersions(): Readonly<Record<string, string>> {
  return Object.fromEntries(packages.map(name => [name, versionOf(name)]));
}
