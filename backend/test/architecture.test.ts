import { describe, expect, it } from 'vitest';
import { type Source, sources } from './sources.ts';

const all = sources();
const inFolder = (folder: string): readonly Source[] => all.filter(({ path }) => path.startsWith(`${folder}/`));
const isOwn = (name: string): boolean => name.endsWith('.ts');

/** What each folder may import: folders and files of ours, and packages. `index.ts` is the public surface. */
const house: Readonly<Record<string, readonly string[]>> = {
  resilience: ['resilience/', 'p-retry'],
  gemini: [
    'gemini/',
    'resilience/',
    'adapters/debugLog.ts',
    '@cfworker/json-schema',
    '@google/genai',
    'google-auth-library',
    'mime',
    'node:fs/promises',
    'ws',
    'providers/classification/caughtChain.ts',
    'providers/registry/backend.ts',
    'providers/registry/backends.ts',
    'providers/registry/completion.ts',
  ],
  providers: ['providers/', 'resilience/'],
  adapters: ['adapters/', 'resilience/', 'providers/', 'debug', '@ai-sdk/provider'],
  simulator: ['simulator/', 'resilience/runtime.ts', 'resilience/wholeRuntime.ts', 'node:', 'ws'],
  cli: [
    'cli/',
    'index.ts',
    'gemini/',
    'simulator/',
    'resilience/',
    '@google/genai',
    'commander',
    'picocolors',
    'node:',
  ],
};

/** The layers of resilience/, lowest first. A file imports from its own layer or a lower one. */
const layers = [
  [
    'failure',
    'attempt',
    'strategy',
    'optionError',
    'optionRules',
    'redact',
    'promptMask',
    'durations',
    'quotaReport',
    'callLimits',
    'retryConfig',
    'retrySettings',
    'transport',
    'timerQueue',
    'systemTimers',
    'runtime',
    'wholeRuntime',
    'longStrings',
    'sse',
    'cutLine',
    'permit',
    'standing',
  ],
  [
    'attemptContext',
    'events',
    'policy',
    'onward',
    'emit',
    'guard',
    'pipeline',
    'backoff',
    'decide',
    'limits',
    'fallbackTarget',
  ],
  ['waiting/'],
  ['retryRun', 'retry', 'retrySync', 'attemptOnce', 'hedge', 'fallback', 'quota/', 'load/', 'breaker/'],
  ['standardPipeline', 'policyParts', 'clientPolicies', 'streamSign', 'provider'],
];

/** The rooms of gemini/, and what each may import of the folder. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  classification: ['classification/', 'reasons.ts', 'geminiError.ts'],
  settings: ['settings/', 'reasons.ts', 'geminiError.ts', 'retryStrategies.ts', 'pacificMidnight.ts', 'remedies.ts'],
  retarget: ['retarget/', 'reasons.ts'],
  seam: [
    'seam/',
    'retarget/',
    'classification/',
    'settings/callLimits.ts',
    'settings/remedyOptions.ts',
    'remedies.ts',
    'errorUtils.ts',
    'reasons.ts',
    'geminiError.ts',
  ],
  doors: [
    'doors/',
    'seam/',
    'settings/',
    'callSettings.ts',
    'clientSettings.ts',
    'geminiError.ts',
    'pacificMidnight.ts',
    'reasons.ts',
  ],
  files: [
    'files/',
    'doors/callStarter.ts',
    'doors/methodDoor.ts',
    'seam/',
    'classification/failureFrom.ts',
    'settings/optionFailure.ts',
    'asking.ts',
    'callSettings.ts',
    'geminiError.ts',
    'reasons.ts',
  ],
  chats: [
    'chats/',
    'files/givenParts.ts',
    'streams/',
    'structured/jsonResults.ts',
    'structured/standardSchema.ts',
    'tools/tool.ts',
    'tools/toolQuestion.ts',
    'tools/toolResults.ts',
    'settings/optionFailure.ts',
    'callSettings.ts',
    'results.ts',
  ],
  live: [
    'live/',
    'doors/callStarter.ts',
    'doors/runOperation.ts',
    'seam/',
    'classification/durations.ts',
    'settings/',
    'reasons.ts',
    'geminiError.ts',
  ],
  streams: [
    'streams/',
    'doors/streamAnswer.ts',
    'seam/',
    'asking.ts',
    'turns.ts',
    'callSettings.ts',
    'geminiError.ts',
    'results.ts',
  ],
  structured: [
    'structured/',
    'doors/methodDoor.ts',
    'doors/streamAnswer.ts',
    'seam/',
    'classification/',
    'settings/optionFailure.ts',
    'asking.ts',
    'turns.ts',
    'callSettings.ts',
    'geminiError.ts',
    'reasons.ts',
    'results.ts',
  ],
  tools: [
    'tools/',
    'structured/standardSchema.ts',
    'structured/readSchema.ts',
    'structured/issues.ts',
    'doors/methodDoor.ts',
    'seam/geminiCall.ts',
    'seam/promptMask.ts',
    'classification/',
    'settings/optionFailure.ts',
    'asking.ts',
    'turns.ts',
    'callSettings.ts',
    'geminiError.ts',
    'results.ts',
  ],
};

/** The rooms of providers/, lowest first: a file imports from its own room or a lower one. */
const providerRooms = ['classification/', '', 'fetch/', 'registry/'];

describe('the house', () => {
  it.each(Object.entries(house))('%s imports only what it may', (folder, allowed) => {
    const files = inFolder(folder);
    expect(files.length).toBeGreaterThan(0);
    const strangers = files.flatMap(({ path, imports }) =>
      imports
        .filter(name => !allowed.some(one => name === one || (/[/:]$/.test(one) && name.startsWith(one))))
        .map(name => `${path} → ${name}`),
    );
    expect(strangers).toEqual([]);
  });

  it.each(Object.entries(rooms))('gemini/%s imports of gemini only what it may', (room, allowed) => {
    const files = inFolder(`gemini/${room}`);
    expect(files.length).toBeGreaterThanOrEqual(3);
    const strangers = files.flatMap(({ path, imports }) =>
      imports
        .filter(name => name.startsWith('gemini/'))
        .map(name => name.slice('gemini/'.length))
        .filter(name => !allowed.some(one => name === one || (one.endsWith('/') && name.startsWith(one))))
        .map(name => `${path} → ${name}`),
    );
    expect(strangers).toEqual([]);
  });

  it('providers/ imports downwards', () => {
    const roomOf = (path: string): string => {
      const folder = path.slice('providers/'.length, path.lastIndexOf('/') + 1);
      // These two stand on the seam although they lie beside the definitions.
      return /^providers\/(?:index|resilientFunction)\.ts$/.test(path) ? 'registry/' : folder;
    };
    const files = inFolder('providers');
    for (const { path } of files) expect(providerRooms).toContain(roomOf(path));
    const upwards = files.flatMap(({ path, imports }) =>
      imports
        .filter(name => name.startsWith('providers/'))
        .filter(name => providerRooms.indexOf(roomOf(name)) > providerRooms.indexOf(roomOf(path)))
        .map(name => `${path} → ${name}`),
    );
    expect(upwards).toEqual([]);
  });

  it('has no folder that no rule speaks of', () => {
    const folders = new Set(all.filter(({ path }) => path.includes('/')).map(({ path }) => path.split('/')[0]));
    expect([...folders].filter(folder => folder === undefined || !(folder in house))).toEqual([]);
  });

  it('resilience/ imports downwards', () => {
    const layerOf = (path: string): number =>
      layers.findIndex(layer =>
        layer.some(name =>
          name.endsWith('/') ? path.startsWith(`resilience/${name}`) : path === `resilience/${name}.ts`,
        ),
      );
    for (const { path } of inFolder('resilience')) expect([path, layerOf(path)]).not.toEqual([path, -1]);
    const upwards = inFolder('resilience').flatMap(({ path, imports }) =>
      imports
        .filter(isOwn)
        .filter(name => layerOf(name) > layerOf(path))
        .map(name => `${path} → ${name}`),
    );
    expect(upwards).toEqual([]);
  });

  it('only the retry policy uses p-retry', () => {
    expect(all.filter(({ imports }) => imports.includes('p-retry')).map(({ path }) => path)).toEqual([
      'resilience/retry.ts',
    ]);
  });

  it('the library needs no Node module but to read a path that it is given', () => {
    const library = [
      ...['resilience', 'gemini', 'providers', 'adapters'].flatMap(inFolder),
      ...all.filter(({ path }) => path === 'fetch.ts'),
    ];
    const users = library.filter(({ imports }) => imports.some(name => name.startsWith('node:')));
    expect(users.map(({ path }) => path)).toEqual(['gemini/files/diskFile.ts']);
    expect(users.filter(({ text }) => /from\s+'node:/.test(text))).toEqual([]);
  });

  it('has no cycle, types counted', () => {
    const byPath = new Map(all.map(source => [source.path, source]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (trail.includes(path) || done.has(path)) return;
      for (const name of byPath.get(path)?.imports.filter(isOwn) ?? []) visit(name, [...trail, path]);
      done.add(path);
    };
    for (const { path } of all) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe('the seams', () => {
  const globals =
    /\b(?:Date\.now|performance\.now|Math\.random|setTimeout|setInterval|setImmediate|AbortSignal\.timeout)\s*\(|\bnew Date\(\s*\)/;

  it('clock, chance and timers are asked for in one file', () => {
    const users = all.filter(({ lines }) => lines.some(line => globals.test(line.replace(/\/\/.*|^\s*\*.*/, ''))));
    expect(users.map(({ path }) => path)).toEqual(['resilience/runtime.ts', 'resilience/systemTimers.ts']);
  });

  it('no timer promise of Node’s either', () => {
    expect(
      all.filter(({ imports }) => imports.some(name => /^node:timers/.test(name))).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('the manner', () => {
  it('no file is longer than 200 lines', () => {
    expect(all.filter(({ lines }) => lines.length > 201).map(({ path, lines }) => `${path}: ${lines.length}`)).toEqual(
      [],
    );
  });

  it('every export says what it is', () => {
    const exported = /^export (?:async )?(?:abstract )?(?:function|class|const|interface|type) (\w+)/;
    const silent = all.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => {
        const [, name] = exported.exec(line) ?? [];
        return name !== undefined && !lines[index - 1]?.trim().endsWith('*/') ? [`${path}: ${name}`] : [];
      }),
    );
    expect(silent).toEqual([]);
  });

  it('nothing is silenced', () => {
    const silenced = /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable|\bas any\b|: any\b/;
    const code = (line: string): string => line.replace(/^\s*(?:\/?\*|\/\/).*/, '');
    const silent = all.filter(({ lines }) =>
      lines.some(line => silenced.test(/ignore|disable|nocheck|expect-error/.test(line) ? line : code(line))),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});
