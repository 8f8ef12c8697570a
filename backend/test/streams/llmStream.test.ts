/** What a stream offers besides its pieces, and that whatever ends it frees its socket. */

import { getEventListeners } from 'node:events';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { isGeminiError, type LlmStream } from '../../index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { event, type RawServer, rawServer, type Sent, words } from './rawServer.ts';
import { clientOf } from './streamBench.ts';

const whole = 'Once upon a time there was a river. The end.';
const pieces = [words('Once upon a time '), words('there was a river. '), words('The end.', 'STOP')];
const answer: Sent = { bytes: pieces, ending: 'end' };
const endless: Sent = { bytes: [pieces[0] ?? ''], ending: 'stall' };

const patient = { idleTimeoutMs: 60_000, firstChunkTimeoutMs: 60_000, attemptTimeoutMs: 60_000 };
const soon = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 200 && !condition(); turn += 1) await new Promise(resolve => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
};

async function textOf(stream: AsyncIterable<{ readonly text: string }>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += piece.text;
  return text;
}

describe('result', () => {
  it('is the whole answer, without a loop', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    expect(server.bodies).toEqual([]);
    expect(await stream.result).toMatchObject({
      text: whole,
      finishReason: 'STOP',
      functionCalls: [],
      usage: { promptTokenCount: 7 },
      model: 'gemini-test',
      attempts: [{ attempt: 1 }],
    });
    expect(stream.state).toBe('complete');
  });

  it.each(['asked for first', 'asked for in the loop', 'asked for after it'])(
    'is the same beside a loop, %s',
    async when => {
      await using server = await rawServer(() => answer);
      const stream = clientOf(server.url).callLlmStream('Tell me.');
      let result = when === 'asked for first' ? stream.result : undefined;
      let text = '';
      for await (const piece of stream) {
        text += piece.text;
        if (when === 'asked for in the loop') result ??= stream.result;
      }
      result ??= stream.result;
      expect(text).toBe(whole);
      expect((await result).text).toBe(whole);
      expect(server.bodies).toHaveLength(1);
    },
  );

  it('reads on where somebody has read a piece and no more', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    const first = await stream.next();
    expect((await stream.result).text).toBe(whole);
    expect((first.value?.text ?? '') + (await textOf(stream))).toBe(whole);
  });

  it('is whole where the loop is left after the finish reason', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    for await (const { finishReason } of stream) if (finishReason !== undefined) break;
    expect(stream.state).toBe('complete');
    expect((await stream.result).text).toBe(whole);
  });

  it('a loop that comes later still gets every piece', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    const { text } = await stream.result;
    expect(await textOf(stream)).toBe(text);
  });

  it('rejects as the loop throws, and a later loop is told as well', async () => {
    await using server = await rawServer(() => ({ bytes: pieces.slice(0, 2), ending: 'end' }));
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    const error = await stream.result.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ state: 'truncated', partialText: 'Once upon a time there was a river. ' });
    expect(isGeminiError(error) && error.usage).toMatchObject({ promptTokenCount: 7 });
    let read = '';
    const loop = async (): Promise<void> => {
      for await (const { text } of stream) read += text;
    };
    await expect(loop()).rejects.toBe(error);
    expect(read).toBe('Once upon a time there was a river. ');
  });

  it('rejects with an AbortError where the loop is left, and nobody has to catch that', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    const { result } = stream;
    for await (const _piece of stream) break;
    expect(stream.state).toBe('aborted');
    await expect(result).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('nothing is sent before somebody reads', () => {
  it.each([
    ['a stream that nobody reads', (_stream: LlmStream) => {}],
    ['one that is left at once', (stream: LlmStream) => void stream.return()],
    ['one that is aborted first', (stream: LlmStream) => stream.abort()],
  ])('%s', async (_name, leave) => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    leave(stream);
    await new Promise(resolve => setTimeout(resolve, 30));
    expect(server.bodies).toEqual([]);
  });

  it('what is aborted first throws the reason', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    const reason = new Error('changed my mind');
    stream.abort(reason);
    await expect(stream.next()).rejects.toBe(reason);
    await expect(stream.result).rejects.toBe(reason);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

describe('abort', () => {
  it.each([
    ['while a piece is waited for', true],
    ['while nobody waits', false],
  ])('%s: ends with the reason at once, and frees the socket', async (_name, isWaiting) => {
    await using server = await rawServer(() => endless);
    const stream = clientOf(server.url, patient).callLlmStream('Tell me.');
    expect((await stream.next()).value).toMatchObject({ text: 'Once upon a time ' });
    const reason = new Error('enough');
    const next = isWaiting ? stream.next() : undefined;
    stream.abort(reason);
    await expect(next ?? stream.next()).rejects.toBe(reason);
    await expect(stream.result).rejects.toBe(reason);
    expect(stream.state).toBe('aborted');
    await soon(() => server.open() === 0);
  });

  it('after the end changes nothing', async () => {
    await using server = await rawServer(() => answer);
    const stream = clientOf(server.url).callLlmStream('Tell me.');
    await stream.result;
    stream.abort();
    expect(stream.state).toBe('complete');
    expect((await stream.result).text).toBe(whole);
  });

  it('by the caller’s own signal, also between two pieces', async () => {
    await using server = await rawServer(() => endless);
    const controller = new AbortController();
    const stream = clientOf(server.url, patient).callLlmStream('Tell me.', { signal: controller.signal });
    await stream.next();
    expect(getEventListeners(controller.signal, 'abort').length).toBeGreaterThan(0);
    const reason = new Error('closing time');
    controller.abort(reason);
    await soon(() => server.open() === 0);
    await expect(stream.next()).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('return', () => {
  it('while a piece is waited for: that piece is the end, and the socket is free', async () => {
    await using server = await rawServer(() => endless);
    const stream = clientOf(server.url, patient).callLlmStream('Tell me.');
    await stream.next();
    const next = stream.next();
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    await soon(() => server.open() === 0);
  });

  it('an error thrown in the loop, and `await using`, free the socket', async () => {
    await using server = await rawServer(() => endless);
    const gemini = clientOf(server.url, patient);
    const loop = async (): Promise<void> => {
      for await (const _piece of gemini.callLlmStream('Tell me.')) throw new Error('mine');
    };
    await expect(loop()).rejects.toThrow('mine');
    await soon(() => server.open() === 0);
    {
      await using stream = gemini.callLlmStream('Tell me.');
      await stream.next();
    }
    await soon(() => server.open() === 0);
  });
});

describe('a slow reader', () => {
  it('does not trip the idle limit', async () => {
    const many = Array.from({ length: 400 }, () => words('x'.repeat(60_000)));
    await using server = await rawServer(() => ({ bytes: [...many, words('.', 'STOP')], ending: 'end' }));
    const stream = clientOf(server.url, { idleTimeoutMs: 100 }).callLlmStream('Tell me.');
    await stream.next();
    await new Promise(resolve => setTimeout(resolve, 400));
    expect((await textOf(stream)).length).toBe(399 * 60_000 + 1);
  });
});

v8.setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * The least of some readings: what waits to be finalized is freed turns later. Without the connections that the platform keeps for four
 * seconds, at some kilobytes each.
 */
async function heapInUse(server: RawServer): Promise<number> {
  await soon(() => server.open() === 0);
  server.disconnect();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round += 1) {
    await new Promise(resolve => setTimeout(resolve, 200));
    collect();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** Breaks streams off in every way, at random moments. */
describe('five hundred streams broken off at random moments', () => {
  const ways: readonly ((stream: LlmStream) => unknown)[] = [
    stream => stream.return(),
    stream => stream.abort(),
    stream => stream.throw(new Error('thrown in')).catch(() => undefined),
  ];

  async function breakOff(server: RawServer, seed: number, signal: AbortSignal): Promise<void> {
    const random = mulberry(seed);
    const stream = clientOf(server.url, patient).callLlmStream('Tell me.', { signal });
    const way = ways[Math.floor(random() * ways.length)];
    const delayMs = random() * 40;
    const leaving = new Promise<void>(resolve => {
      setTimeout(() => {
        Promise.resolve(way?.(stream)).then(() => resolve());
      }, delayMs);
    });
    await textOf(stream).catch(() => undefined);
    await leaving;
  }

  it('leave no socket, no listener and no memory', async () => {
    const warm = Array.from({ length: 50 }, (_, seed) => 1_000 + seed);
    const slow: Sent = { bytes: Array.from({ length: 30 }, () => words('on and on ')), ending: 'stall', apart: true };
    await using server = await rawServer(() => slow);
    const controller = new AbortController();
    const left = Array.from({ length: 500 }, (_, seed) => seed);
    const worker = async (): Promise<void> => {
      for (let seed = left.pop(); seed !== undefined; seed = left.pop())
        await breakOff(server, seed, controller.signal);
    };
    await Promise.all(warm.map(seed => breakOff(server, seed, controller.signal)));
    const before = await heapInUse(server);
    await Promise.all(Array.from({ length: 50 }, worker));
    // 500 × 10 KB would be seen.
    expect((await heapInUse(server)) - before).toBeLessThan(5_000_000);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }, 30_000);
});

describe('wrong input', () => {
  it('is refused before anything is sent', async () => {
    const gemini = clientOf('http://127.0.0.1:9');
    const resume = 'yes' as unknown as boolean;
    expect(() => gemini.callLlmStream('Tell me.', { resume })).toThrow(/options\.resume.*true.*false/s);
    await expect(gemini.callLlm('Tell me.', { resume: true } as object)).rejects.toThrow(/resume/);
  });
});

describe('going on ends', () => {
  const story =
    'Once upon a time there was a river that carried small stones slowly down to the sea, and none came back.';
  const cutAt = 90;

  it.each([
    ['where nothing new comes, by the retries of the failure', {}, 6],
    ['at once where nothing is retried', { retry: { maxRetries: 0 } }, 1],
    ['after so many retries as it was given', { retry: { maxRetries: 2 } }, 3],
  ])('%s', async (_name, options, requests) => {
    await using server = await rawServer(() => ({ bytes: [words(story.slice(0, cutAt))], ending: 'end' }));
    const stream = clientOf(server.url, options).callLlmStream('Tell me.', { resume: true });
    await expect(stream.result).rejects.toMatchObject({
      failure: { reason: 'truncated-stream' },
      state: 'truncated',
      partialText: story.slice(0, cutAt),
    });
    expect(server.bodies).toHaveLength(requests);
  });

  it('where what comes does not fit, after one more try, with what broke the stream', async () => {
    await using server = await rawServer((_body, count) =>
      count === 1
        ? { bytes: [words(story.slice(0, cutAt))], ending: 'end' }
        : { bytes: [words('Something else.', 'STOP')], ending: 'end' },
    );
    const stream = clientOf(server.url).callLlmStream('Tell me.', { resume: true });
    await expect(stream.result).rejects.toMatchObject({
      failure: { reason: 'truncated-stream', message: expect.stringContaining('does not fit') },
      partialText: story.slice(0, cutAt),
      resumed: { times: 2 },
    });
    expect(server.bodies).toHaveLength(3);
  });

  it('each break with something new in between has its own second try', async () => {
    const at = (from: number, to: number, finish?: string): Sent => ({
      bytes: [words(story.slice(from, to), finish)],
      ending: 'end',
    });
    const nonsense: Sent = { bytes: [words('Something else.', 'STOP')], ending: 'end' };
    const script = [at(0, 80), nonsense, at(0, 92), nonsense, at(0, story.length, 'STOP')];
    await using server = await rawServer((_body, count) => script[count - 1] ?? nonsense);
    const { text, resumed, usage } = await clientOf(server.url).callLlmStream('Tell me.', { resume: true }).result;
    expect(text).toBe(story);
    expect(resumed).toEqual({ times: 4, tokensSpentAgain: 28 });
    // All five requests, as the official client counts where it goes on by a token.
    expect(usage?.promptTokenCount).toBe(35);
  });

  it('a signature that comes after the seam is kept', async () => {
    const signed = event({
      candidates: [
        { content: { parts: [{ text: '', thoughtSignature: 'c2lnbmVk' }] }, finishReason: 'STOP', index: 0 },
      ],
    });
    await using server = await rawServer((_body, count) =>
      count === 1
        ? { bytes: [words(story.slice(0, cutAt))], ending: 'end' }
        : { bytes: [words(story), signed], ending: 'end' },
    );
    const stream = clientOf(server.url).callLlmStream('Tell me.', { resume: true });
    const parts: unknown[] = [];
    for await (const { response } of stream) parts.push(...(response.candidates?.[0]?.content?.parts ?? []));
    expect(parts.at(-1)).toMatchObject({ thoughtSignature: 'c2lnbmVk' });
    expect((await stream.result).text).toBe(story);
  });

  it('where the caller aborts the wait before it', async () => {
    await using server = await rawServer(() => ({ bytes: [words(story.slice(0, cutAt))], ending: 'end' }));
    const reason = new Error('enough');
    const gemini = clientOf(server.url, {
      runtime: {},
      onEvent: ({ type }) => {
        if (type === 'resume') setTimeout(() => stream.abort(reason), 20);
      },
      retry: { network: { baseDelayMs: 30_000, jitter: 'none' } },
    });
    const stream: LlmStream = gemini.callLlmStream('Tell me.', { resume: true });
    await expect(textOf(stream)).rejects.toBe(reason);
    expect(server.bodies).toHaveLength(1);
  });

  it('what is no text is not gone on with', async () => {
    const call = event({
      candidates: [{ content: { parts: [{ functionCall: { name: 'look', args: {} } }] }, index: 0 }],
    });
    await using server = await rawServer(() => ({ bytes: [words(story), call], ending: 'end' }));
    const stream = clientOf(server.url).callLlmStream('Tell me.', { resume: true });
    await expect(stream.result).rejects.toMatchObject({ state: 'truncated', partialText: story });
    expect(server.bodies).toHaveLength(1);
  });
});

it('an empty stream is asked for again, unseen', async () => {
  await using server = await rawServer((_body, count) => (count < 3 ? { bytes: [event({})], ending: 'end' } : answer));
  const stream = clientOf(server.url).callLlmStream('Tell me.');
  expect(await textOf(stream)).toBe(whole);
  expect(server.bodies).toHaveLength(3);
});
