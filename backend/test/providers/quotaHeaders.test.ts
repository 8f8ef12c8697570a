import { describe, expect, it } from 'vitest';
import { anthropic, createResilientFetch, openai } from '../../fetch.ts';
import type { Provider } from '../../resilience/provider.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const minuteMs = 60_000;
const address = 'https://api.example.com/v1/chat/completions';

/** How a service says what is left, and how it refuses. */
interface Dialect {
  readonly headers: (limit: number, remaining: number, resetMs: number) => Record<string, string>;
  readonly refusal: (
    limit: number,
    waitMs: number,
  ) => { readonly body: object; readonly headers: Record<string, string> };
}

const openAi: Dialect = {
  headers: (limit, remaining, resetMs) => ({
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': `${resetMs}ms`,
  }),
  refusal: (limit, waitMs) => ({
    body: {
      error: {
        message: `Rate limit reached for m on requests per min (RPM): Limit ${limit}, Used ${limit}, Requested 1. Please try again in ${waitMs}ms.`,
        type: 'requests',
        code: 'rate_limit_exceeded',
      },
    },
    headers: { 'retry-after-ms': String(waitMs) },
  }),
};

const anthropicDialect: Dialect = {
  headers: (limit, remaining) => ({
    'anthropic-ratelimit-requests-limit': String(limit),
    'anthropic-ratelimit-requests-remaining': String(remaining),
  }),
  refusal: (_limit, waitMs) => ({
    body: {
      type: 'error',
      error: { type: 'rate_limit_error', message: 'Number of requests has exceeded your rate limit.' },
    },
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  }),
};

/** A service that lets so many requests in within any minute. */
function service(runtime: VirtualRuntime, limit: number, dialect: Dialect) {
  const letIn: number[] = [];
  const seen = { requests: 0, rejected: 0 };
  const transport = async (): Promise<Response> => {
    await runtime.sleep(100);
    seen.requests += 1;
    const nowMs = runtime.now();
    while (letIn[0] !== undefined && letIn[0] <= nowMs - minuteMs) letIn.shift();
    const resetMs = letIn.length === 0 ? 0 : Math.ceil(((letIn.length + 1) * minuteMs) / limit);
    if (letIn.length >= limit) {
      seen.rejected += 1;
      const { body, headers } = dialect.refusal(limit, Math.ceil((letIn[0] ?? 0) + minuteMs - nowMs));
      return Response.json(body, { status: 429, headers: { ...headers, ...dialect.headers(limit, 0, resetMs) } });
    }
    letIn.push(nowMs);
    return Response.json({ ok: true }, { headers: dialect.headers(limit, limit - letIn.length, resetMs) });
  };
  return { transport, seen };
}

describe.each<readonly [string, Provider, Dialect]>([
  ['openai', openai, openAi],
  ['anthropic', anthropic, anthropicDialect],
])('a herd of %s', (_name, provider, dialect) => {
  it('finishes without a refused request, as soon as the limit allows: it is read before it is hit', async () => {
    const runtime = new VirtualRuntime();
    const { transport, seen } = service(runtime, 60, dialect);
    const fetch = createResilientFetch(provider, { fetch: transport, runtime });
    const startMs = runtime.now();
    const ask = async (n: number): Promise<number> => {
      const response = await fetch(address, { method: 'POST', body: JSON.stringify({ model: 'm', n }) });
      return response.status;
    };
    const statuses = await runtime.settle(Promise.all(Array.from({ length: 200 }, (_, n) => ask(n))));
    expect(statuses.every(status => status === 200)).toBe(true);
    expect(seen).toEqual({ requests: 200, rejected: 0 });
    // 60 in each of the first three minutes, 20 after them: the last of those may be let in when three are over.
    expect(runtime.now() - startMs).toBeLessThanOrEqual(3 * minuteMs * 1.01);
  });
});
