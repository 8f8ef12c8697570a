import { describe, expect, it } from 'vitest';
import type { ResilientFetch } from '../../providers/fetch/composeFetch.ts';
import { createResilientFetch } from '../../providers/fetch/resilientFetch.ts';
import { type FaultRow, faultRows, sdkRows, streamFaultRows } from './sdkRows.ts';
import { type Sdk, sdks } from './sdks.ts';
import { startWireServer } from './wireServer.ts';

const platform = globalThis.fetch;
const warnings = new WeakMap<ResilientFetch, string[]>();

function resilient({ provider }: Sdk): ResilientFetch {
  const told: string[] = [];
  const fetch = createResilientFetch(provider, {
    fetch: platform,
    retry: { baseDelayMs: 5, maxDelayMs: 20 },
    idleTimeoutMs: 300,
    onWarning: message => told.push(message),
  });
  warnings.set(fetch, told);
  return fetch;
}

/** Who repeats by itself. */
const ownRetries = new Map(sdkRows.map(row => [row.name, row.ownRetries]));

/** What an SDK says of its own error: the status, whatever it calls that. */
const statusOf = (error: unknown): unknown =>
  ['status', 'statusCode', 'status_code'].map(name => Reflect.get(Object(error), name)).find(one => one !== undefined);

const titled = (rows: readonly FaultRow[]) => rows.map(row => [row.words, row] as const);

it('the table has a row for each SDK', () => {
  expect(sdkRows.map(({ name }) => name)).toEqual(sdks.map(({ name }) => name));
});

describe.each(sdks.map(sdk => [sdk.name, sdk] as const))('%s', (_name, sdk) => {
  it.each(titled(faultRows))('a whole answer behind %s', async (_words, { fault, sees, requests }) => {
    await using server = await startWireServer(sdk.wire, [fault]);
    const asked = sdk.whole({ url: server.url, fetch: resilient(sdk), maxRetries: 0 });
    const outcome = await asked.catch((error: unknown) => error);
    expect(sees === 'error' ? outcome instanceof Error : outcome).toBe(sees === 'error' ? true : 'pong');
    if (/^4\d\d$/.test(fault) && sees === 'error') expect(statusOf(outcome)).toBe(Number(fault));
    expect(server.requests).toHaveLength(requests);
  });

  // LangChain's client rejects a second promise that nobody handles, which ends the process, whatever fetch it is given.
  const breaksUnhandled = sdk.name.startsWith('@langchain');
  const rows = [...faultRows, ...streamFaultRows.filter(({ sees }) => sees === 'answer' || !breaksUnhandled)];

  it.each(titled(rows))('a stream behind %s', async (_words, { fault, sees, requests }) => {
    await using server = await startWireServer(sdk.wire, [fault]);
    const asked = sdk.streamed({ url: server.url, fetch: resilient(sdk), maxRetries: 0 });
    const outcome = await asked.catch((error: unknown) => error);
    expect(sees === 'error' ? outcome instanceof Error : outcome).toBe(sees === 'error' ? true : 'pong');
    expect(server.requests).toHaveLength(requests);
  });

  it('waits as long as the provider says', async () => {
    await using server = await startWireServer(sdk.wire, ['429']);
    await sdk.whole({ url: server.url, fetch: resilient(sdk), maxRetries: 0 });
    const [first, second] = server.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(39);
  });
});

const withRetries = sdks.filter(({ name }) => ownRetries.get(name) !== undefined);

/** The SDK's own waits are real ones, so these run side by side. */
describe.concurrent.each(withRetries.map(sdk => [sdk.name, sdk] as const))(
  '%s, its own retries left on',
  (_name, sdk) => {
    it('sends no more than our own attempts, and warns once with the exact setting', async ({ expect }) => {
      await using server = await startWireServer(sdk.wire, ['overload'], true);
      const fetch = resilient(sdk);
      await expect(sdk.whole({ url: server.url, fetch, maxRetries: 2 })).rejects.toThrow();
      expect(warnings.get(fetch)).toEqual([expect.stringContaining(ownRetries.get(sdk.name) ?? 'none')]);
      expect(server.requests).toHaveLength(1 + retriesOf(sdk));
    });
  },
);

/** Of an overload, by the provider's own table. */
const retriesOf = ({ provider }: Sdk): number =>
  provider.strategyFor(provider.classify({ status: 503, statusText: '', headers: {}, body: 'overloaded' })).retries;
