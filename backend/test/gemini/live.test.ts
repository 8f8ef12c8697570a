import { spawnSync } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  GeminiCore,
  type GeminiError,
  isGeminiError,
  type LiveMessage,
  type LiveSession,
  type ResilienceEvent,
  retryLine,
} from '../../index.ts';
import { ask, converse, liveBench, model, nextMessage, readTurn, resumable } from './liveBench.ts';

const declared = {
  functionDeclarations: [{ name: 'getTime', parameters: { type: 'OBJECT' as never, properties: {} } }],
};

/** A WebSocket server that says nothing by itself, and a client of it. */
async function ownServer(onConnection: (socket: WebSocket) => void) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ server }).on('connection', onConnection);
  const { port } = server.address() as AddressInfo;
  const httpOptions = { baseUrl: `http://127.0.0.1:${port}` };
  const gemini = new GeminiCore({ apiKey: 'k', environment: {}, httpOptions, runtime: { sleep: async () => {} } });
  const close = async (): Promise<void> => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  };
  return { gemini, [Symbol.asyncDispose]: close };
}

function caught(work: () => void, what = 'it'): GeminiError {
  try {
    work();
  } catch (error) {
    if (isGeminiError(error)) return error;
    throw error;
  }
  return expect.fail(`not refused: ${what}`);
}

describe('a session', () => {
  test('is talked to with the official client’s methods, and read in a loop', async () => {
    await using at = await liveBench();
    const session = await at.gemini.live.connect({ model });
    expect(session.state).toBe('open');
    expect((await ask(session, 'hello')).text).toBe('["hello"]');
    session.sendRealtimeInput({ text: 'spoken' });
    expect((await readTurn(session)).text).toBe('["hello","spoken"]');
    session.sendRealtimeInput({ audio: { data: 'AAAA', mimeType: 'audio/pcm;rate=16000' } });
    session.sendRealtimeInput({ audioStreamEnd: true });
    expect((await readTurn(session)).text).toBe('["hello","spoken","1 pieces of media"]');
    session.sendClientContent({ turns: 'and now leave' });
    for await (const _message of session) break;
    expect(session.state).toBe('closed');
    expect(await session.closed).toEqual({ by: 'caller' });
    await vi.waitFor(() => expect(at.simulator.openSockets).toBe(0));
    expect(at.simulator.ledger.requests).toMatchObject([{ completed: true, closedByClient: true }]);
  });

  test('tells its callbacks once, whatever its connections do', async () => {
    await using at = await liveBench({ script: [{ fault: 'live-reset', at: 'handle' }] });
    const told: string[] = [];
    const over = Promise.withResolvers<void>();
    const onmessage = (message: LiveMessage): void => {
      told.push(Object.keys(message).join());
      if (message.resumed) over.resolve();
      throw new Error('of no matter to the session');
    };
    const callbacks = { onmessage, onopen: () => void told.push('open'), onclose: () => void told.push('close') };
    const session = await at.gemini.live.connect({ model, callbacks });
    session.sendClientContent({ turns: 'hello' });
    await over.promise;
    session.close();
    const answer = ['serverContent', 'serverContent', 'serverContent,usageMetadata'];
    const updates = ['sessionResumptionUpdate', ...answer, 'sessionResumptionUpdate'];
    expect(told).toEqual(['setupComplete', 'open', ...updates, 'resumed', 'close']);
    session.close();
    expect(told).toHaveLength(9);
  });

  test('takes the round of a function call', async () => {
    await using at = await liveBench();
    await using session = await at.gemini.live.connect({ model, config: { tools: [declared] } });
    session.sendClientContent({ turns: 'use getTime' });
    const { toolCall } = await nextMessage(session, message => message.toolCall !== undefined);
    const [{ id = '', name = '' } = {}] = toolCall?.functionCalls ?? [];
    session.sendToolResponse({ functionResponses: { id, name, response: { time: 'noon' } } });
    expect((await readTurn(session)).text).toBe('getTime said {"time":"noon"}.');
  });

  test('tells which function calls died with a connection, and does not send their responses', async () => {
    await using at = await liveBench();
    at.simulator.enqueue({ fault: 'live-reset', at: 'answer', turn: 2 });
    await using session = await at.gemini.live.connect({ model, config: { tools: [declared] } });
    await ask(session, 'hello');
    session.sendClientContent({ turns: 'use getTime' });
    const { toolCall } = await nextMessage(session, message => message.toolCall !== undefined);
    const [{ id = '', name = '' } = {}] = toolCall?.functionCalls ?? [];
    const { resumed } = await nextMessage(session, message => message.resumed !== undefined);
    expect(resumed).toMatchObject({ turnLost: true, cancelledCalls: [id] });
    session.sendToolResponse({ functionResponses: { id, name, response: { time: 'noon' } } });
    expect((await ask(session, 'again')).text).toBe('["hello","again"]');
  });

  test('can be resumed by its handle in another client', async () => {
    await using at = await liveBench();
    const first = await resumable(at, []);
    first.close();
    const config = { sessionResumption: { handle: first.handle ?? '' } };
    await using second = await at.client().live.connect({ model, config });
    expect((await ask(second, 'two')).text).toBe('["one","two"]');
  });

  test('begins anew where nothing had been said, and else says that it cannot', async () => {
    await using at = await liveBench({ script: [{ fault: 'live-reset', at: 'ready' }] });
    await using session = await at.gemini.live.connect({ model });
    await nextMessage(session, ({ resumed }) => resumed?.turnLost === false && resumed.unconfirmed === 0);
    expect((await ask(session, 'hello')).text).toBe('["hello"]');
    at.simulator.enqueue({ fault: 'live-close', at: 'answer' });
    const other = await at.gemini.live.connect({ model });
    const error = (await ask(other, 'hello').catch((caught: unknown) => caught)) as GeminiError;
    expect(error.failure).toMatchObject({ rule: 'live-not-resumable', reason: 'websocket-internal', retryable: false });
    expect(error.message).toContain('before the server had given a handle');
  });
});

describe('a loss that the session cannot survive', () => {
  test('is told by the same events, and no rule of the caller’s makes it go on without its past', async () => {
    const events: ResilienceEvent[] = [];
    await using at = await liveBench({}, { onEvent: event => void events.push(event) });
    at.simulator.enqueue({ fault: 'live-close', at: 'answer' });
    const session = await at.gemini.live.connect({ model }, { retry: { retryOn: ['server'] } });
    await expect(ask(session, 'hello')).rejects.toMatchObject({
      failure: { rule: 'live-not-resumable' },
      attempts: [{ exchange: 2, attempt: 1, failure: { reason: 'websocket-internal' } }],
    });
    expect(events.slice(-4).map(({ type, operation }) => `${operation} ${type}`)).toEqual([
      'live.reconnect attempt-start',
      'live.reconnect attempt-end',
      'live.reconnect give-up',
      'live.reconnect call-end',
    ]);
    expect(at.simulator.ledger.requests).toHaveLength(1);
  });

  test('is its own error where it would not have been survived anyway', async () => {
    await using at = await liveBench({ script: [{ fault: 'live-close', at: 'turn', closeCode: 1007 }] });
    const session = await at.gemini.live.connect({ model });
    await expect(ask(session, 'hello')).rejects.toMatchObject({ failure: { rule: 'socket-1007' } });
  });
});

describe('what is sent without a connection', () => {
  /** A session that is reconnecting, held at its handshake for a moment. */
  async function reconnecting(at: Awaited<ReturnType<typeof liveBench>>, limits = {}): Promise<LiveSession> {
    const cut = { fault: 'live-reset', at: 'handle' } as const;
    const session = await resumable(at, [cut, { fault: 'ok', afterMs: 150 }], limits);
    await vi.waitFor(() => expect(session.state).toBe('reconnecting'), { interval: 1 });
    return session;
  }

  test('waits, and goes out in order', async () => {
    await using at = await liveBench();
    await using session = await reconnecting(at);
    const turns = Array.from({ length: 20 }, (_, index) => `late ${index}`);
    for (const text of turns) session.sendClientContent({ turns: text, turnComplete: false });
    session.sendClientContent({ turns: 'and now?' });
    expect((await readTurn(session)).text).toBe(JSON.stringify(['one', ...turns, 'and now?']));
  });

  test.each([
    ['maxBufferedMessages', { maxBufferedMessages: 2 }, 'x'],
    ['maxBufferedBytes', { maxBufferedBytes: 500 }, 'x'.repeat(150)],
  ])('is refused past %s, by an error that says so, and the rest still goes out', async (name, limits, text) => {
    await using at = await liveBench();
    await using session = await reconnecting(at, limits);
    session.sendClientContent({ turns: text });
    session.sendClientContent({ turns: text });
    expect(() => session.sendClientContent({ turns: text })).toThrow(`(${name})`);
    await readTurn(session);
    expect((await readTurn(session)).text).toBe(JSON.stringify(['one', text, text]));
  });

  test('is refused at once where it makes no message', async () => {
    await using at = await liveBench();
    await using session = await at.gemini.live.connect({ model });
    const wrong = () => session.sendToolResponse({ functionResponses: [] });
    expect(wrong).toThrow(expect.objectContaining({ failure: expect.objectContaining({ errorClass: 'request' }) }));
    expect((await ask(session, 'hello')).text).toBe('["hello"]');
  });
});

describe('goAway', () => {
  test('is heeded in a quiet moment, before the time is up and without a wait', async () => {
    await using at = await liveBench();
    const warned = { fault: 'live-go-away', at: 'handle', lastsMs: 3_600_000 } as const;
    await using session = await resumable(at, [warned]);
    const { resumed } = await nextMessage(session, message => message.resumed !== undefined);
    expect(resumed).toEqual({ turnLost: false, resent: 0, unconfirmed: 0, cancelledCalls: [] });
    expect((await ask(session, 'two')).text).toBe('["one","two"]');
    expect(session.attempts.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    // The service refuses a handle while its connection is open: the old one was closed first.
    const [old, next] = at.simulator.ledger.requests;
    expect(old?.closedAtMs).toBeLessThanOrEqual(next?.atMs ?? 0);
  });

  test('does not break an answer off that ends in time', async () => {
    await using at = await liveBench({ chunkGapMs: 5, answer: () => 'word '.repeat(40), chunkCharacters: 10 });
    at.simulator.enqueue({ fault: 'live-go-away', at: 'answer', turn: 2, lastsMs: 3_600_000 });
    await using session = await at.gemini.live.connect({ model });
    await ask(session, 'one');
    const turn = await ask(session, 'two');
    expect(turn).toEqual({ text: 'word '.repeat(40), resumed: [] });
    const { resumed } = await nextMessage(session, message => message.resumed !== undefined);
    expect(resumed).toMatchObject({ turnLost: false, unconfirmed: 0 });
  });

  test.each([1008, 1011, 1006])('makes the cut with %i that follows it no error', async closeCode => {
    await using at = await liveBench();
    at.simulator.enqueue({ fault: 'live-go-away', at: 'turn', turn: 2, lastsMs: 10, closeCode });
    at.simulator.enqueue({ fault: 'live-stall', at: 'turn' });
    await using session = await at.gemini.live.connect({ model }, { idleTimeoutMs: 100 });
    await ask(session, 'one');
    at.simulator.reset();
    expect((await converse(session, 'two')).text).toBe('["one","two"]');
  });
});

describe('the end', () => {
  test('an abort ends it with the caller’s own reason, and leaves no listener and no socket', async () => {
    await using at = await liveBench();
    const controller = new AbortController();
    const session = await resumable(at, [], { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    const reason = new Error('enough');
    const reading = readTurn(session);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await session.closed).toEqual({ by: 'abort', reason });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    await vi.waitFor(() => expect(at.simulator.openSockets).toBe(0));
  });

  test.each(['stall-before-headers', { fault: 'live-stall', at: 'setup' }] as const)(
    'an abort ends connecting that hangs: %j',
    async fault => {
      await using at = await liveBench({ script: [fault] });
      const controller = new AbortController();
      const connecting = at.gemini.live.connect({ model }, { signal: controller.signal });
      await vi.waitFor(() => expect(at.simulator.ledger.requests).toHaveLength(1));
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(connecting).rejects.toBe(reason);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      await vi.waitFor(() => expect(at.simulator.openSockets).toBe(0));
    },
  );

  test('closing while it reconnects ends the reconnecting', async () => {
    await using at = await liveBench();
    const cut = { fault: 'live-reset', at: 'handle' } as const;
    const session = await resumable(at, [cut, 'stall-before-headers']);
    await vi.waitFor(() => expect(at.simulator.ledger.requests).toHaveLength(2));
    session.close();
    expect(await session.closed).toEqual({ by: 'caller' });
    await vi.waitFor(() => expect(at.simulator.openSockets).toBe(0));
    expect(at.simulator.ledger.requests).toHaveLength(2);
  });

  test('a deadline bounds each reconnecting, with its waits', async () => {
    await using at = await liveBench();
    const session = await resumable(at, [{ fault: 'live-reset', at: 'handle' }, '429-retry-after'], {
      deadlineMs: 5_000,
    });
    expect(await session.closed).toMatchObject({
      error: { failure: { refusedBy: 'deadline', retryAfterMs: 7_000 }, retryAt: expect.any(Date) },
    });
  });

  test('a connection without a sign of life is given up', async () => {
    await using at = await liveBench();
    at.simulator.enqueue({ fault: 'live-stall', at: 'turn', turn: 2 });
    await using session = await at.gemini.live.connect({ model }, { idleTimeoutMs: 100 });
    await ask(session, 'one');
    const { resumed } = await ask(session, 'two').then(turn => ({ resumed: turn.resumed[0] }));
    expect(resumed).toMatchObject({ turnLost: true, because: { reason: 'websocket-abnormal' } });
    expect(resumed?.because?.message).toContain('idleTimeoutMs');
  });

  test('a silent connection that answers pings is kept', async () => {
    const pinged = Promise.withResolvers<void>();
    let pings = 0;
    await using server = await ownServer(socket => {
      socket.on('ping', () => {
        pings += 1;
        if (pings === 5) pinged.resolve();
      });
      socket.on('message', () => socket.send('{"setupComplete":{}}'));
    });
    const session = await server.gemini.live.connect({ model }, { idleTimeoutMs: 150 });
    await pinged.promise;
    expect(session.state).toBe('open');
    expect(session.attempts).toHaveLength(1);
    session.close();
  });

  test('nothing keeps the process alive after it', () => {
    const program = join(import.meta.dirname, 'liveProgram.ts');
    const startMs = performance.now();
    const { stdout, status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 15_000 });
    expect({ stdout, status, stderr }).toEqual({ stdout: 'hello, aborted\n', status: 0, stderr: '' });
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});

describe('parameters of which the official client can make no setup', () => {
  test('end in its error, and leave no connection open', async () => {
    await using at = await liveBench();
    const config = { tools: [{ callTool: async () => [], tool: () => Promise.reject(new Error('no such tool')) }] };
    const connecting = at.gemini.live.connect({ model, config: config as never });
    await expect(connecting).rejects.toMatchObject({ message: expect.stringContaining('no such tool') });
    await vi.waitFor(() => expect(at.simulator.openSockets).toBe(0));
  });
});

describe('a server that speaks wrongly', () => {
  test('ends in an error, not in an unhandled rejection of the official client', async () => {
    const answer = '<html>no JSON</html>';
    await using server = await ownServer(socket => socket.on('message', () => socket.send(answer)));
    const error = (await server.gemini.live.connect({ model }).catch((caught: unknown) => caught)) as GeminiError;
    expect(error.failure).toMatchObject({ errorClass: 'server', reason: 'malformed-response' });
    expect(error.attempts).toHaveLength(4);
  });
});

describe('neither key nor words are shown', () => {
  const key = 'planted-key-4711-abcdef';
  const secret = 'I hid the silver spoon';

  test('by errors, events and lines of a session that ends badly', async () => {
    const events: ResilienceEvent[] = [];
    const options = { apiKey: key, onEvent: (event: ResilienceEvent) => void events.push(event) };
    await using at = await liveBench({}, options);
    const words = `Bad text: "${secret}" of key ${key}`;
    const shown: string[] = [];
    const rows = [
      { fault: 'live-close', at: 'turn', turn: 2, closeCode: 1008, closeReason: words },
      { fault: 'live-close', at: 'turn', turn: 2, closeCode: 1011, closeReason: words },
    ] as const;
    for (const row of rows) {
      const session = await resumable(at, [row, '400', '400']);
      const error = (await ask(session, secret).catch((caught: unknown) => caught)) as GeminiError;
      shown.push(String(error), JSON.stringify(error), error.stack ?? '', inspect(error, { depth: 9 }));
      shown.push(
        inspect(error, { depth: 9, customInspect: false, showHidden: true }),
        inspect(session.attempts, { depth: 9 }),
      );
      shown.push(inspect(session, { depth: 9, showHidden: true }));
      at.simulator.reset();
    }
    shown.push(JSON.stringify(events), events.map(retryLine).join('\n'));
    const text = shown.join('\n');
    expect(text).toContain('Bad text');
    expect(text).not.toContain(key);
    expect(text).not.toContain('silver spoon');
  });

  test('by an address that is none', async () => {
    const gemini = new GeminiCore({ apiKey: key, environment: {}, httpOptions: { baseUrl: 'http://127.0.0.1:99999' } });
    const error = (await gemini.live.connect({ model }).catch((caught: unknown) => caught)) as GeminiError;
    expect(inspect(error, { depth: 9, customInspect: false, showHidden: true })).not.toContain(key);
  });
});

/** A server that accepts each setup and then says what it is given, in order. */
const saying =
  (...messages: readonly string[]) =>
  (socket: WebSocket): void => {
    socket.once('message', () => {
      for (const text of ['{"setupComplete":{}}', ...messages]) socket.send(text);
    });
  };

const handle = '{"sessionResumptionUpdate":{"resumable":true,"newHandle":"h"}}';

describe('what makes no sense', () => {
  test.each([
    '{"goAway":null}',
    '{"goAway":{"timeLeft":5}}',
    '{"goAway":[]}',
    '{"toolCall":{"functionCalls":[null]}}',
    '{"toolCall":{"functionCalls":{}}}',
    '{"toolCall":null}',
    '{"toolCall":{"functionCalls":[{"id":7}]}}',
    '{"toolCallCancellation":{"ids":5}}',
    '{"toolCallCancellation":null}',
    '{"serverContent":null}',
    '{"serverContent":"x"}',
    '{"sessionResumptionUpdate":null}',
    '{"sessionResumptionUpdate":{"resumable":true,"newHandle":7}}',
    '{"sessionResumptionUpdate":{"resumable":true,"newHandle":"h","lastConsumedClientMessageIndex":"x"}}',
    '{"setupComplete":null}',
    'null',
    '5',
    '"x"',
    '[]',
  ])('of the server is no matter to the session: %s', async text => {
    await using server = await ownServer(saying(text, '{"serverContent":{"turnComplete":true}}'));
    const session = await server.gemini.live.connect({ model });
    await nextMessage(session, message => message.serverContent?.turnComplete === true);
    session.sendRealtimeInput({ text: 'goes on' });
    expect(session.state).toBe('open');
    session.close();
    expect(await session.closed).toEqual({ by: 'caller' });
  });

  test('of a callback is none either, whether it throws or rejects', async () => {
    await using server = await ownServer(saying('{"serverContent":{"turnComplete":true}}'));
    const over = Promise.withResolvers<void>();
    const fails = async (): Promise<void> => {
      throw new Error('of no matter to the session');
    };
    const onmessage = ({ serverContent }: LiveMessage): Promise<void> => {
      if (serverContent?.turnComplete) over.resolve();
      return fails();
    };
    const callbacks = { onmessage, onopen: fails, onclose: fails };
    const session = await server.gemini.live.connect({ model, callbacks });
    await over.promise;
    session.close();
    expect(await session.closed).toEqual({ by: 'caller' });
  });

  const media = { data: 'AAAA', mimeType: 'audio/pcm' };
  const response = { id: '1', name: 'f', response: {} };
  type Send = 'sendClientContent' | 'sendRealtimeInput' | 'sendToolResponse' | 'sendContextUpdate';
  const refused: readonly (readonly [method: Send, given: unknown, field: string])[] = [
    ['sendClientContent', null, 'parameters'],
    ['sendClientContent', 'hello', 'parameters'],
    ['sendClientContent', { turn: 'x' }, 'parameters.turn'],
    ['sendClientContent', { turns: 5 }, 'parameters.turns'],
    ['sendClientContent', { turns: [] }, 'parameters.turns'],
    ['sendClientContent', { turns: ['x', null] }, 'parameters.turns[1]'],
    ['sendClientContent', { turns: { text: 1n } }, 'parameters'],
    ['sendClientContent', { turns: 'x', turnComplete: 'yes' }, 'parameters.turnComplete'],
    ['sendRealtimeInput', undefined, 'parameters'],
    ['sendRealtimeInput', {}, 'parameters'],
    ['sendRealtimeInput', { nope: 1 }, 'parameters.nope'],
    ['sendRealtimeInput', { audio: 'x' }, 'parameters.audio'],
    ['sendRealtimeInput', { audio: { ...media, data: new Uint8Array(1) } }, 'parameters.audio.data'],
    ['sendRealtimeInput', { audio: { data: 'AAAA' } }, 'parameters.audio.mimeType'],
    ['sendRealtimeInput', { video: media }, 'parameters.video.mimeType'],
    ['sendRealtimeInput', { media: [null] }, 'parameters.media'],
    ['sendRealtimeInput', { text: 5 }, 'parameters.text'],
    ['sendRealtimeInput', { audioStreamEnd: 1 }, 'parameters.audioStreamEnd'],
    ['sendRealtimeInput', { activityStart: true }, 'parameters.activityStart'],
    ['sendToolResponse', undefined, 'parameters'],
    ['sendToolResponse', {}, 'parameters.functionResponses'],
    ['sendToolResponse', { functionResponses: [] }, 'parameters.functionResponses'],
    ['sendToolResponse', { functionResponses: [response, null] }, 'parameters.functionResponses[1]'],
    ['sendToolResponse', { functionResponses: { ...response, id: undefined } }, 'parameters.functionResponses.id'],
    ['sendToolResponse', { functionResponses: [{ ...response, name: 1 }] }, 'parameters.functionResponses[0].name'],
    [
      'sendToolResponse',
      { functionResponses: { ...response, response: 'x' } },
      'parameters.functionResponses.response',
    ],
    ['sendContextUpdate', undefined, 'parameters'],
  ];

  test('of the caller is refused before it is sent, with its field, and nothing goes out', async () => {
    const received: string[] = [];
    const first = saying();
    await using server = await ownServer(socket => {
      first(socket);
      socket.on('message', text => received.push(String(text)));
    });
    const session = await server.gemini.live.connect({ model });
    for (const [method, given, field] of refused) {
      const error = caught(() => session[method](given as never), field);
      const expected = { reason: 'client-config', delivery: 'unsent', evidence: field };
      expect([method, error.failure]).toEqual([method, expect.objectContaining(expected)]);
      expect(error.message).toContain(field);
    }
    session.sendClientContent({ turns: 'the end' });
    await vi.waitFor(() => expect(received).toHaveLength(2));
    session.close();
    const closed = caught(() => session.sendClientContent({ turns: 'later' })).failure;
    expect(closed).toMatchObject({ reason: 'client-config', rule: 'live-closed', delivery: 'unsent' });
    expect(closed.message).toContain('closed');
  });
});

test('a connection that dies as soon as it has given its handle is not made for ever', async () => {
  let connections = 0;
  await using server = await ownServer(socket => {
    connections += 1;
    saying(handle)(socket);
    socket.once('message', () => socket.close(1011, 'oops'));
  });
  const session = await server.gemini.live.connect({ model });
  expect(await session.closed).toMatchObject({ by: 'failure', error: { failure: { reason: 'websocket-internal' } } });
  // The first connection, and the three retries of the class.
  expect(connections).toBe(4);
});

test('nor is one whose server says goodbye with each setup, and then cuts it', async () => {
  let connections = 0;
  await using server = await ownServer(socket => {
    connections += 1;
    saying(handle, '{"goAway":{"timeLeft":"0s"}}')(socket);
    socket.once('message', () => setTimeout(() => socket.close(1011, 'bye'), 20));
  });
  const session = await server.gemini.live.connect({ model });
  expect(await session.closed).toMatchObject({ by: 'failure', error: { failure: { reason: 'websocket-internal' } } });
  expect(connections).toBe(4);
});

test('of the attempts of a long session the last thousand are kept', async () => {
  const turn = '{"serverContent":{"turnComplete":true}}';
  let connections = 0;
  await using server = await ownServer(socket => {
    connections += 1;
    saying(handle, turn)(socket);
    if (connections <= 1_050) socket.once('message', () => socket.close(1011, 'oops'));
  });
  const session = await server.gemini.live.connect({ model });
  await vi.waitFor(() => expect(connections).toBe(1_051), { timeout: 20_000 });
  await vi.waitFor(() => expect(session.attempts.at(-1)).toMatchObject({ exchange: 1_051 }));
  expect(session.attempts).toHaveLength(1_000);
  session.close();
}, 30_000);
