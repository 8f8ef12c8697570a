import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createResilientFetch, openai } from '../../fetch.ts';
import { breakerVariables, limitVariables, retryVariables } from '../../gemini/settings/environment.ts';
import { CircuitBreaker, circuitBreaker, GeminiCore, GeminiError, isGeminiError, retryOnFailure } from '../../index.ts';
import type { ResilienceEvent } from '../../resilience/events.ts';
import { simulatedFetch } from '../../simulator/index.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const root = join(import.meta.dirname, '../../..');

const decorated = `
  import { CircuitBreaker, circuitBreaker, retryOnFailure } from '../../backend/index.ts';
  const breaker = new CircuitBreaker({ failureThreshold: 2 });
  const quick = { maxAttempts: 4, initialDelayMs: 1, maxDelayMs: 2, giveUpOn: [] };
  class Service {
    tries = 0;
    @retryOnFailure(quick, { environment: {} })
    async load(key: string): Promise<string> {
      this.tries += 1;
      if (this.tries < 3) throw new Error('not yet');
      return key.toUpperCase();
    }
    @retryOnFailure(quick, { environment: {} })
    @circuitBreaker(breaker)
    async down(): Promise<string> {
      this.tries += 1;
      throw Object.assign(new Error('down'), { status: 503 });
    }
  }
  const service = new Service();
  const loaded: string = await service.load('abc');
  const { tries } = service;
  await service.down().catch(() => undefined);
  console.log(JSON.stringify([loaded, tries, breaker.state, service.tries]));
`;

function counted(failures: number, error: () => Error = () => new Error('not yet')) {
  const runtime = new VirtualRuntime();
  const state = { tries: 0 };
  const work = async (name: string): Promise<string> => {
    state.tries += 1;
    if (state.tries <= failures) throw error();
    return name.toUpperCase();
  };
  return { runtime, state, work };
}

describe('retryOnFailure', () => {
  it('counts attempts, and waits in the words of decorators', async () => {
    const { runtime, state, work } = counted(3);
    const options = { maxAttempts: 4, initialDelayMs: 100, backoffFactor: 3, maxDelayMs: 500 };
    expect(await runtime.settle(retryOnFailure(options, { runtime, environment: {} })(work)('a'))).toBe('A');
    expect(state.tries).toBe(4);
    // Half of each, by chance of the middle: 100, 300, and 900 cut to 500.
    expect(runtime.sleeps).toEqual([50, 150, 250]);
  });

  it.each<readonly [string, object, number]>([
    ['one attempt is none again', { maxAttempts: 1 }, 1],
    ['what it gives up on is not tried again', { maxAttempts: 5, giveUpOn: ['request'] }, 1],
    [
      'what it retries on is',
      { maxAttempts: 3, retryOn: [(_failure: unknown, error: unknown) => error instanceof TypeError] },
      3,
    ],
  ])('%s', async (_title, options, tries) => {
    const { runtime, state, work } = counted(9, 'retryOn' in options ? () => new TypeError('mine') : undefined);
    const ended = retryOnFailure(options, { runtime, environment: {} })(work)('a');
    await expect(runtime.settle(ended)).rejects.toBeInstanceOf(GeminiError);
    expect(state.tries).toBe(tries);
  });

  it('with a breaker inside, each attempt is counted by it, and an open one is not asked', async () => {
    const { runtime, state, work } = counted(99, () => Object.assign(new Error('down'), { status: 503 }));
    const breaker = new CircuitBreaker({ failureThreshold: 2, recoveryTimeoutMs: 3_600_000, runtime });
    const careful = retryOnFailure(
      { maxAttempts: 6, initialDelayMs: 10 },
      { runtime, environment: {} },
    )(circuitBreaker(breaker)(work));
    await expect(runtime.settle(careful('a'))).rejects.toBeInstanceOf(GeminiError);
    expect(state.tries).toBe(2);
    expect(breaker.state).toBe('open');
  });

  // Node runs TypeScript by leaving types out, and knows no decorators yet: this is the form that a build makes of them.
  it('as a decorator, with a breaker’s inside, in compiled code', () => {
    const folder = mkdtempSync(join(root, 'node_modules/.decorator-'));
    try {
      const compilerOptions = { noEmit: false, rootDir: root, outDir: 'out', target: 'es2022', declaration: true };
      writeFileSync(join(folder, 'service.ts'), decorated);
      const project = { extends: join(root, 'tsconfig.json'), compilerOptions, files: ['service.ts'] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'pipe' });
      const compiled = join(folder, 'out', relative(root, folder), 'service.js');
      const printed = execFileSync(process.execPath, [compiled], { encoding: 'utf8' });
      expect(JSON.parse(printed)).toEqual(['ABC', 3, 'open', 5]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each<readonly [object, string]>([
    [{ maxAttempts: 0 }, 'options.maxAttempts'],
    [{ initialDelayMs: -1 }, 'options.initialDelayMs'],
    [{ backoffFactor: 0.5 }, 'options.backoffFactor'],
    [{ initialDelayMs: 10, maxDelayMs: 5 }, 'options.maxDelayMs'],
    [{ maxRetries: 3 }, 'options.maxRetries'],
    [{ retryOn: ['nothing'] }, 'retryOn[0]'],
  ])('%j is refused by name', (options, field) => {
    try {
      retryOnFailure(options);
      expect.unreachable();
    } catch (error) {
      expect(isGeminiError(error) && error.failure.reason).toBe('client-config');
      expect(String(error)).toContain(field);
    }
  });
});

describe('variables of other tools', () => {
  const attempts = async (environment: Record<string, string>): Promise<{ sent: number; tookMs: number }> => {
    const runtime = new VirtualRuntime();
    const service = simulatedFetch({ runtime, script: Array.from({ length: 40 }, () => '503' as const) });
    const gemini = new GeminiCore({
      apiKey: 'k',
      environment,
      runtime,
      concurrency: false,
      retryBudget: false,
      httpOptions: { fetch: service.fetch },
    });
    const startMs = runtime.now();
    await runtime.settle(gemini.callLlm('q').catch(() => undefined));
    return { sent: service.ledger.requests.length, tookMs: runtime.now() - startMs };
  };

  it.each<readonly [Record<string, string>, number, number]>([
    [{ LLM_MAX_RETRIES: '1' }, 2, 30_000],
    [{ RETRY_MAX_ATTEMPTS: '3' }, 3, 30_000],
    [{ RETRY_MAX_ATTEMPTS: '4', RETRY_INITIAL_DELAY: '0.1', RETRY_BACKOFF_FACTOR: '1' }, 4, 310],
    [{ LLM_MAX_RETRIES: '3', LLM_RETRY_INITIAL_DELAY: '0.1', LLM_RETRY_MAX_DELAY: '0.1' }, 4, 310],
    [{ LLM_MAX_RETRIES: '30', LLM_TIMEOUT: '5' }, 3, 5_000],
    [{ RETRY_MAX_ATTEMPTS: '5', LLM_MAX_RETRIES: '1' }, 2, 30_000],
    [{ LLM_MAX_RETRIES: '1', GEMINI_RETRY_MAX_RETRIES: '0' }, 1, 30_000],
    [{ LLM_MAX_RETRIES: '1', LLM_RETRY_INITIAL_DELAY: '0.1', RETRY_INITIAL_DELAY: '20' }, 2, 110],
    [{ LLM_MAX_RETRIES: '1', LLM_RETRY_INITIAL_DELAY: '20', GEMINI_RETRY_BASE_DELAY_MS: '100' }, 2, 110],
  ])('%j', async (environment, sent, mostMs) => {
    const ended = await attempts(environment);
    expect(ended.sent).toBe(sent);
    expect(ended.tookMs).toBeLessThanOrEqual(mostMs);
  });

  it('CIRCUIT_BREAKER_THRESHOLD counts failures in a row, CIRCUIT_BREAKER_TIMEOUT is in seconds', async () => {
    const runtime = new VirtualRuntime();
    const service = simulatedFetch({ runtime, script: Array.from({ length: 9 }, () => '503' as const) });
    const events: ResilienceEvent[] = [];
    const environment = { CIRCUIT_BREAKER_THRESHOLD: '2', CIRCUIT_BREAKER_TIMEOUT: '0.5', LLM_MAX_RETRIES: '3' };
    const onEvent = (event: ResilienceEvent): void => void events.push(event);
    const gemini = new GeminiCore({
      apiKey: 'k',
      environment,
      runtime,
      onEvent,
      httpOptions: { fetch: service.fetch },
    });
    await runtime.settle(gemini.callLlm('q').catch(() => undefined));
    const opened = events.findIndex(({ type }) => type === 'circuit-change');
    expect(events.slice(0, opened).filter(({ type }) => type === 'attempt-start')).toHaveLength(2);
    const changes = events.filter(event => event.type === 'circuit-change');
    const [first, second] = changes;
    expect([first?.to, second?.to]).toEqual(['open', 'half-open']);
    // Probes begin after two seconds, unless the timeout is shorter.
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThan(2_000 + 1);
  });

  it.each(Object.entries({ ...retryVariables, ...breakerVariables }))(
    '%s holds for no breaker and no fetch',
    async name => {
      const before = process.env[name];
      process.env[name] = 'soon';
      try {
        expect(new CircuitBreaker().state).toBe('closed');
        const fetch = createResilientFetch(openai, { fetch: async () => Response.json({}) });
        expect((await fetch('https://x.example/v1/models')).status).toBe(200);
      } finally {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      }
    },
  );

  it.each(Object.entries({ ...retryVariables, ...limitVariables, ...breakerVariables }))(
    'a bad %s stops the start, with its name and range',
    (name, { range }) => {
      const start = (): unknown => new GeminiCore({ apiKey: 'k', environment: { [name]: 'soon' } });
      expect(start).toThrow(name);
      expect(start).toThrow(`from ${range.min} to ${range.max}`);
    },
  );
});
