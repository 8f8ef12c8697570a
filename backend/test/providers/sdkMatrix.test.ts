import { describe, expect, it } from 'vitest';
import { createResilientFetch, type ResilientFetch } from '../../providers/fetch/resilientFetch.ts';
import { type Sdk, sdks } from './sdks.ts';
import { startWireServer, type WireFault } from './wireServer.ts';

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

//  the first answer, the text in the end (undefined: the SDK's own error), requests
type Row = readonly [fault: WireFault, text: string | undefined, requests: number];

const both: readonly Row[] = [
  ['ok', 'pong', 1],
  ['429', 'pong', 2],
  ['overload', 'pong', 2],
  ['reset', 'pong', 2],
  ['cut', 'pong', 2],
  ['400', undefined, 1],
  ['401', undefined, 1],
];

const streams: readonly Row[] = [
  ['stream-error', 'pong', 2],
  ['stream-cut', undefined, 1],
  ['stream-stall', undefined, 1],
];

describe.each(sdks.map(sdk => [sdk.name, sdk] as const))('%s', (_name, sdk) => {
  it.each(both)('a whole answer behind %s', async (fault, text, requests) => {
    await using server = await startWireServer(sdk.wire, [fault]);
    const outcome = await sdk
      .whole({ url: server.url, fetch: resilient(sdk), maxRetries: 0 })
      .catch((error: unknown) => error);
    expect(text === undefined ? outcome instanceof Error : outcome).toBe(text ?? true);
    expect(server.requests).toHaveLength(requests);
  });

  // LangChain's client rejects a second promise that nobody handles, which ends the process, whatever fetch it is given.
  const broken = sdk.name.startsWith('@langchain') ? [] : ['stream-cut', 'stream-stall'];
  const rows = [...both, ...streams].filter(
    ([fault]) => !fault.startsWith('stream-') || fault === 'stream-error' || broken.includes(fault),
  );

  it.each(rows)('a stream behind %s', async (fault, text, requests) => {
    await using server = await startWireServer(sdk.wire, [fault]);
    const outcome = await sdk
      .streamed({ url: server.url, fetch: resilient(sdk), maxRetries: 0 })
      .catch((error: unknown) => error);
    expect(text === undefined ? outcome instanceof Error : outcome).toBe(text ?? true);
    expect(server.requests).toHaveLength(requests);
  });

  it('waits as long as the provider says', async () => {
    await using server = await startWireServer(sdk.wire, ['429']);
    await sdk.whole({ url: server.url, fetch: resilient(sdk), maxRetries: 0 });
    const [first, second] = server.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(39);
  });
});

const withRetries = sdks.filter(({ ownRetries }) => ownRetries !== 'has none');

/** The SDK's own waits are real ones, so these run side by side. */
describe.concurrent.each(withRetries.map(sdk => [sdk.name, sdk] as const))(
  '%s, its own retries left on',
  (_name, sdk) => {
    it('sends no more than our own attempts, and warns once with the exact setting', async ({ expect }) => {
      await using server = await startWireServer(sdk.wire, ['overload'], true);
      const fetch = resilient(sdk);
      await expect(sdk.whole({ url: server.url, fetch, maxRetries: 2 })).rejects.toThrow();
      expect(warnings.get(fetch)).toEqual([expect.stringContaining('maxRetries: 0')]);
      expect(server.requests).toHaveLength(1 + retriesOf(sdk));
    });
  },
);

/** Of an overload, by the provider's own table. */
const retriesOf = ({ provider }: Sdk): number =>
  provider.strategyFor(provider.classify({ status: 503, statusText: '', headers: {}, body: 'overloaded' })).retries;
