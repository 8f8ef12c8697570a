import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuth2Client } from 'google-auth-library';
import { describe, expect, test } from 'vitest';
import { GeminiCore, type GeminiError, isGeminiError } from '../../index.ts';
import type { ScriptStep } from '../../simulator/index.ts';
import { ask, converse, liveBench, model, resumable } from './liveBench.ts';

type Row = readonly [code: number, words: string, expected: string];

const survived: readonly Row[] = [
  // code, words of the close frame, class and reason
  [1000, '', 'network/websocket-abnormal'],
  [1001, '', 'network/websocket-abnormal'],
  [1006, '', 'network/websocket-abnormal'],
  [1008, 'The operation was cancelled.', 'server/cancelled-by-server'],
  [1011, '', 'server/websocket-internal'],
  [1011, 'Internal error encountered.', 'server/websocket-internal'],
  [1011, 'The operation was aborted.', 'server/websocket-internal'],
  [1011, 'Deadline expired before operation could complete.', 'server/deadline'],
  [1011, 'You exceeded your current quota, please check your plan and billing details.', 'quota/quota-unspecified'],
  [1011, 'RESOURCE_EXHAUSTED', 'quota/quota-unspecified'],
  [1012, '', 'server/unavailable'],
  [1013, '', 'server/overloaded'],
  [1014, '', 'server/bad-gateway'],
  [4000, '', 'network/websocket-abnormal'],
];

const final: readonly Row[] = [
  [1002, '', 'request/websocket-policy'],
  [1003, '', 'request/websocket-policy'],
  [1007, 'Request contains an invalid argument.', 'request/invalid-argument'],
  [1007, 'API key not valid. Please pass a valid API key.', 'auth/key-invalid'],
  [1008, 'Policy check failed.', 'request/websocket-policy'],
  [1008, 'models/x is not found for API version v1beta', 'request/model-not-found'],
  [1008, 'Your API key was reported as leaked. Please use another API key.', 'auth/key-leaked'],
  [1008, 'Request had invalid authentication credentials.', 'auth/unauthenticated'],
  [1008, 'User location is not supported for the API use.', 'request/region-blocked'],
  [1009, '', 'request/payload-too-large'],
  [1011, 'Your prepayment credits are depleted. Please go to AI Studio', 'quota/quota-billing'],
];

const closing = (closeCode: number, closeReason: string): ScriptStep =>
  closeCode === 1006
    ? { fault: 'live-reset', at: 'turn', turn: 2 }
    : { fault: 'live-close', at: 'turn', turn: 2, closeCode, closeReason };

describe('a connection that is lost', () => {
  test.each(survived)('with %i %j is made again, and the session remembers: %s', async (code, words, expected) => {
    await using at = await liveBench();
    await using session = await resumable(at, [closing(code, words)]);
    const lost = await ask(session, 'two');
    const [{ because, ...gap } = expect.fail('nothing was told')] = lost.resumed;
    expect(`${because?.errorClass}/${because?.reason}`).toBe(expected);
    expect(gap).toEqual({ turnLost: true, resent: 0, unconfirmed: 1, cancelledCalls: [] });
    expect((await ask(session, 'three')).text).toBe('["one","three"]');
    expect(at.simulator.ledger.requests).toHaveLength(2);
    expect(session.attempts.map(({ exchange, attempt, failure }) => [exchange, attempt, failure?.reason])).toEqual([
      [1, 1, undefined],
      [2, 1, because?.reason],
      [2, 2, undefined],
    ]);
  });

  test.each(final)('with %i %j ends the session at once: %s', async (code, words, expected) => {
    await using at = await liveBench();
    const session = await resumable(at, [closing(code, words)]);
    const error = (await ask(session, 'two').catch((caught: unknown) => caught)) as GeminiError;
    expect(isGeminiError(error)).toBe(true);
    expect(`${error.failure.errorClass}/${error.failure.reason}`).toBe(expected);
    expect(await session.closed).toEqual({ by: 'failure', error });
    expect(session.state).toBe('closed');
    expect(() => session.sendClientContent({ turns: 'three' })).toThrow(error);
    expect(at.simulator.ledger.requests).toHaveLength(1);
  });
});

describe('a connection that is not let in', () => {
  const rows: readonly (readonly [fault: ScriptStep, expected: string, isRetried: boolean])[] = [
    ['400-key-invalid', 'auth/key-invalid', false],
    ['400', 'request/invalid-argument', false],
    ['400-region', 'request/region-blocked', false],
    ['401', 'auth/unauthenticated', false],
    ['403', 'auth/permission', false],
    ['404', 'request/model-not-found', false],
    ['429', 'quota/quota-per-minute', true],
    ['429-per-day', 'quota/quota-per-day', false],
    ['429-retry-after', 'quota/quota-unspecified', true],
    ['500', 'server/internal', true],
    ['502-html', 'server/bad-gateway', true],
    ['503', 'server/overloaded', true],
    ['503-retry-after', 'server/overloaded', true],
    ['504', 'server/deadline', true],
    ['reset-before-headers', 'network/connection-reset', true],
    ['fin-before-headers', 'network/connection-reset', true],
    ['stall-before-headers', 'network/timeout', true],
    [{ fault: 'live-close', at: 'setup', closeCode: 1011 }, 'server/websocket-internal', true],
    [{ fault: 'live-close', at: 'setup', closeCode: 1008 }, 'request/websocket-policy', false],
    [{ fault: 'live-reset', at: 'setup' }, 'network/websocket-abnormal', true],
    [{ fault: 'live-stall', at: 'setup' }, 'network/timeout', true],
  ];

  test.each(rows)('%j is %s, tried again: %s', async (fault, expected, isRetried) => {
    await using at = await liveBench({ script: [fault] });
    const connecting = at.gemini.live.connect({ model }, { connectTimeoutMs: 150 });
    const attempts = await connecting.then(
      session => {
        session.close();
        return session.attempts;
      },
      (error: GeminiError) => error.attempts,
    );
    const [{ failure } = expect.fail('no attempt')] = attempts;
    expect(`${failure?.errorClass}/${failure?.reason}`).toBe(expected);
    expect(attempts.length > 1).toBe(isRetried);
    expect(at.simulator.ledger.requests).toHaveLength(isRetried ? 2 : 1);
  });

  test('a port that nobody listens on, and a name that nobody knows', async () => {
    await using at = await liveBench();
    await at.simulator.pause();
    const retry = { maxRetries: 1 };
    const refused = await at.gemini.live.connect({ model }, { retry }).catch((error: GeminiError) => error.failure);
    expect(refused).toMatchObject({ reason: 'connection-refused', delivery: 'unsent' });
    const nowhere = at.client({ httpOptions: { baseUrl: 'http://nowhere.invalid' } });
    const unknown = await nowhere.live.connect({ model }, { retry }).catch((error: GeminiError) => error.failure);
    expect(unknown).toMatchObject({ reason: 'dns', delivery: 'unsent' });
  });

  test('as often as the strategy of the class says, and with the waits that the server states', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => void waits.push(ms);
    const runtime = { sleep, random: () => 0 };
    await using at = await liveBench({ script: ['429-retry-after', { fault: '503', times: 9 }] }, { runtime });
    const error = (await at.gemini.live.connect({ model }).catch((caught: unknown) => caught)) as GeminiError;
    expect(error.failure.reason).toBe('overloaded');
    expect(error.attempts.map(({ failure }) => failure?.errorClass)).toEqual(['quota', ...Array(4).fill('server')]);
    expect(waits).toEqual([7_000, 0, 0, 0]);
  });
});

describe('access tokens', () => {
  async function cloud(script: readonly ScriptStep[]) {
    const at = await liveBench({ script });
    const tokens = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      issued += 1;
      response.end(JSON.stringify({ access_token: `token-${issued}`, expires_in: 3_600, token_type: 'Bearer' }));
    }).listen(0, '127.0.0.1');
    let issued = 0;
    await once(tokens, 'listening');
    const oauth2TokenUrl = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
    const authClient = new OAuth2Client({ clientId: 'id', clientSecret: 's', endpoints: { oauth2TokenUrl } });
    authClient.setCredentials({ refresh_token: 'refresh-me' });
    const place = { vertexai: true, project: 'a-project', location: 'us-central1', googleAuthOptions: { authClient } };
    const gemini = new GeminiCore({
      ...{ ...place, environment: {}, httpOptions: { baseUrl: at.simulator.url } },
      runtime: { sleep: async () => {} },
    });
    const { requests } = at.simulator.ledger;
    const close = async (): Promise<void> => {
      tokens.closeAllConnections();
      tokens.close();
      await at.simulator.close();
    };
    return { gemini, requests, issued: () => issued, [Symbol.asyncDispose]: close };
  }

  test('one that is refused is worth a fresh one, once', async () => {
    await using at = await cloud(['401-token-expired']);
    const session = await at.gemini.live.connect({ model });
    session.close();
    expect(session.attempts.map(({ failure }) => failure?.reason)).toEqual(['token-expired', undefined]);
    expect(new Set(at.requests.map(({ keyFingerprint }) => keyFingerprint)).size).toBe(2);
    expect(at.issued()).toBe(2);
  });

  test('a second refusal is final', async () => {
    await using at = await cloud(['401', '401', '401']);
    const error = (await at.gemini.live.connect({ model }).catch((caught: unknown) => caught)) as GeminiError;
    expect(error.failure).toMatchObject({ errorClass: 'auth', retryable: false });
    expect(at.requests).toHaveLength(2);
  });
});

describe('failures in a row', () => {
  const dies = (at: 'ready' | 'turn'): ScriptStep => ({ fault: 'live-close', at, times: 50 });

  test('are those without a word in between: a session that dies at once every time is given up', async () => {
    await using at = await liveBench();
    const before = await resumable(at, ['ok', dies('ready')]);
    before.close();
    const config = { sessionResumption: { handle: before.handle ?? expect.fail('no handle') } };
    const session = await at.gemini.live.connect({ model, config });
    const end = await session.closed;
    expect(end).toMatchObject({ by: 'failure', error: { failure: { reason: 'websocket-internal' } } });
    // The first connection, and the three retries of the class.
    expect(at.simulator.ledger.requests).toHaveLength(1 + 4);
  });

  test('begin anew with each session that is heard of', async () => {
    await using at = await liveBench({ script: [{ fault: 'live-close', at: 'handle', times: 12 }] });
    await using session = await at.gemini.live.connect({ model });
    const turns = Array.from({ length: 12 }, (_, index) => `${index}`);
    for (const turn of turns) await converse(session, turn);
    expect((await converse(session, 'last')).text).toBe(JSON.stringify([...turns, 'last']));
    expect(at.simulator.ledger.requests).toHaveLength(13);
  });

  test('maxReconnects bounds them over the whole session', async () => {
    await using at = await liveBench();
    const bounded = await resumable(at, [{ fault: 'live-reset', at: 'turn', turn: 2 }], { maxReconnects: 0 });
    await expect(ask(bounded, 'two')).rejects.toMatchObject({ failure: { rule: 'live-max-reconnects' } });
  });
});
