import { describe, expect, it } from 'vitest';
import { GeminiCore, isGeminiError, type ResilienceEvent } from '../../index.ts';
import { type FaultName, faultNames, startSimulator } from '../../simulator/index.ts';

/** Real sockets and real time limits, but no waits between attempts. */
const limits = { attemptTimeoutMs: 300, firstChunkTimeoutMs: 300, idleTimeoutMs: 150 };
const runtime = { sleep: async () => {}, random: () => 0.5 };

type Mode = 'whole' | 'stream';

async function ask(gemini: GeminiCore, mode: Mode): Promise<string> {
  if (mode === 'whole') return (await gemini.callLlm('Tell me a story.')).text;
  let text = '';
  for await (const chunk of gemini.callLlmStream('Tell me a longer story, in pieces.')) text += chunk.text;
  return text;
}

/** How a call ends, and after how many requests: `ok 2`, or `server/overloaded 4`, with `partial` where text had been yielded. */
async function outcome(fault: FaultName, mode: Mode, times: number): Promise<string> {
  await using simulator = await startSimulator({ script: [{ fault, times }] });
  const gemini = new GeminiCore({
    apiKey: 'test-key',
    environment: {},
    runtime,
    ...limits,
    // Twenty redirects in one attempt may take longer than a silence is waited for.
    ...(fault === '302-loop' && { attemptTimeoutMs: 10_000, firstChunkTimeoutMs: 10_000 }),
    httpOptions: { baseUrl: simulator.url },
  });
  const requests = (): number => simulator.ledger.requests.length;
  try {
    await ask(gemini, mode);
    return `ok ${requests()}`;
  } catch (error) {
    if (!isGeminiError(error)) throw error;
    const { errorClass, reason } = error.failure;
    return `${errorClass}/${reason} ${requests()}${error.partialText ? ' partial' : ''}`;
  }
}

// fault, when it happens once, when it happens always
type Row = readonly [FaultName, string, string];

const whole: readonly Row[] = [
  ['204', 'ok 2', 'server/empty-response 4'],
  ['400', 'request/invalid-argument 1', 'request/invalid-argument 1'],
  ['401', 'auth/unauthenticated 1', 'auth/unauthenticated 1'],
  ['403', 'auth/permission 1', 'auth/permission 1'],
  ['404', 'request/model-not-found 1', 'request/model-not-found 1'],
  ['408', 'ok 2', 'server/deadline 4'],
  ['409', 'ok 2', 'server/cancelled-by-server 4'],
  ['429', 'ok 2', 'quota/quota-per-minute 3'],
  ['499', 'ok 2', 'server/cancelled-by-server 4'],
  ['500', 'ok 2', 'server/internal 4'],
  ['503', 'ok 2', 'server/overloaded 4'],
  ['504', 'ok 2', 'server/deadline 4'],
  ['529', 'ok 2', 'server/overloaded 4'],
  ['400-key-invalid', 'auth/key-invalid 1', 'auth/key-invalid 1'],
  ['400-region', 'request/region-blocked 1', 'request/region-blocked 1'],
  ['401-token-expired', 'auth/token-expired 1', 'auth/token-expired 1'],
  ['403-no-key', 'auth/credentials-missing 1', 'auth/credentials-missing 1'],
  ['413-html', 'request/payload-too-large 1', 'request/payload-too-large 1'],
  ['502-html', 'ok 2', 'server/bad-gateway 4'],
  ['503-retry-after', 'ok 2', 'server/overloaded 4'],
  ['503-json-empty', 'ok 2', 'server/unavailable 4'],
  ['503-json-html', 'ok 2', 'server/unavailable 4'],
  ['503-json-array', 'ok 2', 'server/overloaded 4'],
  ['503-no-content-type', 'ok 2', 'server/unavailable 4'],
  ['503-sse-content-type', 'ok 2', 'server/overloaded 4'],
  ['429-tokens-per-minute', 'ok 2', 'quota/quota-per-minute 3'],
  ['429-per-day', 'quota/quota-per-day 1', 'quota/quota-per-day 1'],
  ['429-zero-limit', 'quota/quota-zero-limit 1', 'quota/quota-zero-limit 1'],
  ['429-pretty', 'ok 2', 'quota/quota-per-minute 3'],
  ['429-unspecified', 'ok 2', 'quota/quota-unspecified 3'],
  ['429-retry-after', 'ok 2', 'quota/quota-unspecified 3'],
  ['429-shared-capacity', 'ok 2', 'quota/quota-shared-capacity 3'],
  ['429-text', 'ok 2', 'quota/quota-unspecified 3'],
  ['200-invalid-json', 'ok 2', 'server/malformed-response 4'],
  ['200-empty', 'ok 2', 'server/empty-response 4'],
  ['200-html', 'ok 2', 'server/malformed-response 4'],
  ['200-error-body', 'ok 2', 'server/overloaded 4'],
  ['200-null', 'ok 2', 'server/malformed-response 4'],
  ['200-json-array', 'ok 2', 'server/overloaded 4'],
  ['302-to-ok', 'ok 2', 'ok 2'],
  ['307-to-ok', 'ok 2', 'ok 2'],
  ['302-loop', 'request/client-config 21', 'request/client-config 21'],
  ['302-no-location', 'request/client-config 1', 'request/client-config 1'],
  ['reset-before-headers', 'ok 2', 'network/connection-reset 6'],
  ['fin-before-headers', 'ok 2', 'network/connection-reset 6'],
  ['reset-after-headers', 'ok 2', 'network/connection-reset 6'],
  ['reset-mid-body', 'ok 2', 'network/connection-reset 6'],
  ['fin-mid-body', 'ok 2', 'network/connection-reset 6'],
  ['fin-mid-chunked', 'ok 2', 'network/connection-reset 6'],
  ['content-length-short', 'ok 2', 'server/malformed-response 4'],
  ['content-length-long', 'ok 2', 'network/connection-reset 6'],
  ['garbage-http', 'ok 2', 'network/fetch-failed 6'],
  ['header-overflow', 'ok 2', 'network/fetch-failed 6'],
  ['bad-gzip', 'ok 2', 'server/malformed-response 4'],
  ['stall-before-headers', 'ok 2', 'network/timeout 6'],
  ['stall-before-body', 'ok 2', 'network/timeout 6'],
  ['stall-mid-body', 'ok 2', 'network/timeout 6'],
  ['slow', 'ok 2', 'network/timeout 6'],
  ['blocked-prompt', 'request/blocked-content 1', 'request/blocked-content 1'],
  ['no-candidates', 'ok 2', 'server/empty-response 4'],
  ['empty-object', 'ok 2', 'server/empty-response 4'],
  ['finish-malformed-function-call', 'ok 2', 'server/malformed-function-call 4'],
  ['finish-safety', 'request/blocked-content 1', 'request/blocked-content 1'],
  ['finish-recitation', 'ok 2', 'request/blocked-content 2'],
  ['finish-other', 'ok 2', 'server/empty-response 4'],
  ['finish-max-tokens', 'ok 1', 'ok 1'],
  ['finish-max-tokens-no-text', 'request/invalid-argument 1', 'request/invalid-argument 1'],
  ['stop-no-parts', 'ok 2', 'server/empty-response 4'],
  ['thoughts-only', 'ok 1', 'ok 1'],
  ['no-finish-reason', 'ok 1', 'ok 1'],
];

const stream: readonly Row[] = [
  ['204', 'ok 2', 'server/empty-response 4'],
  ['400', 'request/invalid-argument 1', 'request/invalid-argument 1'],
  ['401', 'auth/unauthenticated 1', 'auth/unauthenticated 1'],
  ['403', 'auth/permission 1', 'auth/permission 1'],
  ['404', 'request/model-not-found 1', 'request/model-not-found 1'],
  ['408', 'ok 2', 'server/deadline 4'],
  ['409', 'ok 2', 'server/cancelled-by-server 4'],
  ['429', 'ok 2', 'quota/quota-per-minute 3'],
  ['499', 'ok 2', 'server/cancelled-by-server 4'],
  ['500', 'ok 2', 'server/internal 4'],
  ['503', 'ok 2', 'server/overloaded 4'],
  ['504', 'ok 2', 'server/deadline 4'],
  ['529', 'ok 2', 'server/overloaded 4'],
  ['400-key-invalid', 'auth/key-invalid 1', 'auth/key-invalid 1'],
  ['400-region', 'request/region-blocked 1', 'request/region-blocked 1'],
  ['401-token-expired', 'auth/token-expired 1', 'auth/token-expired 1'],
  ['403-no-key', 'auth/credentials-missing 1', 'auth/credentials-missing 1'],
  ['413-html', 'request/payload-too-large 1', 'request/payload-too-large 1'],
  ['502-html', 'ok 2', 'server/bad-gateway 4'],
  ['503-retry-after', 'ok 2', 'server/overloaded 4'],
  ['503-json-empty', 'ok 2', 'server/unavailable 4'],
  ['503-json-html', 'ok 2', 'server/unavailable 4'],
  ['503-json-array', 'ok 2', 'server/overloaded 4'],
  ['503-no-content-type', 'ok 2', 'server/unavailable 4'],
  ['503-sse-content-type', 'ok 2', 'server/overloaded 4'],
  ['429-tokens-per-minute', 'ok 2', 'quota/quota-per-minute 3'],
  ['429-per-day', 'quota/quota-per-day 1', 'quota/quota-per-day 1'],
  ['429-zero-limit', 'quota/quota-zero-limit 1', 'quota/quota-zero-limit 1'],
  ['429-pretty', 'ok 2', 'quota/quota-per-minute 3'],
  ['429-unspecified', 'ok 2', 'quota/quota-unspecified 3'],
  ['429-retry-after', 'ok 2', 'quota/quota-unspecified 3'],
  ['429-shared-capacity', 'ok 2', 'quota/quota-shared-capacity 3'],
  ['429-text', 'ok 2', 'quota/quota-unspecified 3'],
  ['200-invalid-json', 'ok 2', 'server/malformed-response 4'],
  ['200-empty', 'ok 2', 'server/empty-response 4'],
  ['200-html', 'ok 2', 'server/malformed-response 4'],
  ['200-error-body', 'ok 2', 'server/overloaded 4'],
  ['200-null', 'ok 2', 'server/malformed-response 4'],
  ['200-json-array', 'ok 2', 'server/overloaded 4'],
  ['302-to-ok', 'ok 3', 'server/malformed-response 8'],
  ['307-to-ok', 'ok 2', 'ok 2'],
  ['302-loop', 'request/client-config 21', 'request/client-config 21'],
  ['302-no-location', 'request/client-config 1', 'request/client-config 1'],
  ['reset-before-headers', 'ok 2', 'network/connection-reset 6'],
  ['fin-before-headers', 'ok 2', 'network/connection-reset 6'],
  ['reset-after-headers', 'ok 2', 'network/truncated-stream 6'],
  ['reset-mid-body', 'network/truncated-stream 1 partial', 'network/truncated-stream 1 partial'],
  ['fin-mid-body', 'network/truncated-stream 1 partial', 'network/truncated-stream 1 partial'],
  ['fin-mid-chunked', 'network/connection-reset 1 partial', 'network/connection-reset 1 partial'],
  ['content-length-short', 'network/truncated-stream 1 partial', 'network/truncated-stream 1 partial'],
  ['content-length-long', 'ok 1', 'ok 1'],
  ['garbage-http', 'ok 2', 'network/fetch-failed 6'],
  ['header-overflow', 'ok 2', 'network/fetch-failed 6'],
  ['bad-gzip', 'ok 2', 'server/malformed-response 4'],
  ['stall-before-headers', 'ok 2', 'network/timeout 6'],
  ['stall-before-body', 'ok 2', 'network/timeout 6'],
  ['stall-mid-body', 'network/timeout 1 partial', 'network/timeout 1 partial'],
  ['slow', 'ok 1', 'ok 1'],
  ['sse-truncated-event', 'network/truncated-stream 1 partial', 'network/truncated-stream 1 partial'],
  ['sse-no-blank-line', 'ok 1', 'ok 1'],
  ['sse-invalid-json', 'ok 2', 'server/malformed-response 4'],
  ['sse-error-first', 'ok 2', 'server/overloaded 4'],
  ['sse-error-mid', 'server/overloaded 1 partial', 'server/overloaded 1 partial'],
  ['sse-error-raw', 'server/overloaded 1 partial', 'server/overloaded 1 partial'],
  ['sse-error-split', 'server/overloaded 1 partial', 'server/overloaded 1 partial'],
  ['sse-error-string-code', 'ok 2', 'server/overloaded 4'],
  ['sse-event-lines', 'ok 1', 'ok 1'],
  ['sse-comments', 'ok 1', 'ok 1'],
  ['sse-multi-line-data', 'ok 1', 'ok 1'],
  ['sse-done', 'ok 1', 'ok 1'],
  ['sse-utf8-split', 'ok 1', 'ok 1'],
  ['blocked-prompt', 'request/blocked-content 1', 'request/blocked-content 1'],
  ['no-candidates', 'ok 2', 'server/empty-response 4'],
  ['empty-object', 'ok 2', 'server/empty-response 4'],
  ['finish-malformed-function-call', 'ok 2', 'server/malformed-function-call 4'],
  ['finish-safety', 'request/blocked-content 1', 'request/blocked-content 1'],
  ['finish-recitation', 'ok 2', 'request/blocked-content 2'],
  ['finish-other', 'ok 2', 'server/empty-response 4'],
  ['finish-max-tokens', 'ok 1', 'ok 1'],
  ['finish-max-tokens-no-text', 'request/invalid-argument 1', 'request/invalid-argument 1'],
  ['stop-no-parts', 'ok 2', 'server/empty-response 4'],
  ['thoughts-only', 'ok 1', 'ok 1'],
  ['no-finish-reason', 'network/truncated-stream 1 partial', 'network/truncated-stream 1 partial'],
];

describe.each([
  ['whole', whole],
  ['stream', stream],
] as const)('a %s call over real sockets', (mode, rows) => {
  it.concurrent.each(rows)('%s', async (fault, once, always) => {
    expect(await Promise.all([outcome(fault, mode, 1), outcome(fault, mode, Number.POSITIVE_INFINITY)])).toEqual([
      once,
      always,
    ]);
  });

  it('has a row for every fault', () => {
    const elsewhere: readonly FaultName[] = ['refused', 'continuation', 'continuation-then-reset', 'upload-cut'];
    const streamsOnly = faultNames.filter(name => mode === 'whole' && name.startsWith('sse-'));
    const left = faultNames.filter(name => !rows.some(([fault]) => fault === name));
    expect(left.toSorted()).toEqual([...elsewhere, ...streamsOnly].toSorted());
  });
});

describe('a server that is not there', () => {
  it('refuses all six attempts, and is found when it comes back', async () => {
    await using simulator = await startSimulator();
    await simulator.pause();
    const options = { apiKey: 'test-key', environment: {}, httpOptions: { baseUrl: simulator.url } };
    const impatient = new GeminiCore({ ...options, runtime });
    await expect(impatient.callLlm('Are you there?')).rejects.toMatchObject({
      failure: { errorClass: 'network', reason: 'connection-refused', delivery: 'unsent' },
      attempts: { length: 6 },
    });
    let waits = 0;
    const sleep = async (): Promise<void> => {
      waits += 1;
      if (waits === 3) await simulator.resume();
    };
    const patient = new GeminiCore({ ...options, runtime: { sleep } });
    expect((await patient.callLlm('Are you there?')).attempts).toHaveLength(4);
  });
});

describe('an answer in several pieces', () => {
  it.each(['whole', 'stream'] as const)('is one %s answer, although each piece is a request of its own', async mode => {
    await using simulator = await startSimulator({
      script: [
        { fault: 'continuation', hops: 3 },
        { fault: '503', times: 1 },
      ],
    });
    const gemini = new GeminiCore({
      apiKey: 'test-key',
      environment: {},
      runtime,
      httpOptions: { baseUrl: simulator.url },
    });
    await using plain = await startSimulator();
    const other = new GeminiCore({ apiKey: 'test-key', environment: {}, httpOptions: { baseUrl: plain.url } });
    expect(await ask(gemini, mode)).toBe(await ask(other, mode));
  });

  it('goes on after a reset from where the server had got to', async () => {
    await using simulator = await startSimulator({ script: ['continuation-then-reset'] });
    const events: ResilienceEvent[] = [];
    const gemini = new GeminiCore({
      apiKey: 'test-key',
      environment: {},
      runtime,
      onEvent: event => void events.push(event),
      httpOptions: { baseUrl: simulator.url },
    });
    const stream = gemini.callLlmStream('Tell me a longer story, in pieces.');
    const { text, resumed, attempts } = await stream.result;
    expect(resumed?.times).toBe(1);
    // It waits as after any reset, and the history says what happened.
    expect(events.filter(({ type }) => type === 'resume')).toMatchObject([{ failure: { errorClass: 'network' } }]);
    expect(attempts.map(({ failure }) => failure?.errorClass)).toEqual(['network', undefined]);
    await using plain = await startSimulator();
    const other = new GeminiCore({ apiKey: 'test-key', environment: {}, httpOptions: { baseUrl: plain.url } });
    expect(text).toBe(await ask(other, 'stream'));
  });
});
