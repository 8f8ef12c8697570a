import { expect, test } from 'vitest';
import { GeminiCore, type GeminiError, type LiveOptions, type LiveParameters } from '../../index.ts';

// Nothing listens there: what is not refused before it is sent fails otherwise.
const httpOptions = { baseUrl: 'http://127.0.0.1:1' };
const gemini = new GeminiCore({ apiKey: 'k', environment: {}, httpOptions, retry: { maxRetries: 0 } });

type Row = readonly [parameters: unknown, options: unknown, field: string, allowed: string];

const good = { model: 'm' };
const rows: readonly Row[] = [
  [{}, {}, 'parameters.model', 'the name of a model'],
  [{ model: ' ' }, {}, 'parameters.model', 'the name of a model'],
  [undefined, {}, 'parameters', 'an object'],
  [{ ...good, modle: 'x' }, {}, 'parameters.modle', 'one of those known'],
  [{ ...good, config: 'x' }, {}, 'config', 'an object'],
  [{ ...good, config: { httpOptions: {} } }, {}, 'config.httpOptions', 'given to the client'],
  [{ ...good, config: { abortSignal: new AbortController().signal } }, {}, 'config.abortSignal', 'options.signal'],
  [{ ...good, config: { tools: {} } }, {}, 'config.tools', 'an array'],
  [{ ...good, config: { sessionResumption: 1 } }, {}, 'config.sessionResumption', 'an object'],
  [{ ...good, config: { sessionResumption: { handle: 1 } } }, {}, 'config.sessionResumption.handle', 'a text'],
  [
    { ...good, config: { sessionResumption: { transparent: true } } },
    {},
    'config.sessionResumption.transparent',
    'Vertex',
  ],
  [{ ...good, callbacks: { onmessage: 1 } }, {}, 'callbacks.onmessage', 'a function'],
  [{ ...good, callbacks: { onMessage: () => {} } }, {}, 'callbacks.onMessage', 'one of those known'],
  [good, { signal: {} }, 'options.signal', 'an AbortSignal'],
  [good, { deadlineMs: 0 }, 'options.deadlineMs', 'from 1 to 86400000 ms, or Infinity'],
  [good, { idleTimeoutMs: '5' }, 'options.idleTimeoutMs', 'from 1 to 86400000 ms, or Infinity'],
  [good, { connectTimeoutMs: Number.POSITIVE_INFINITY }, 'options.connectTimeoutMs', 'from 1 to 86400000 ms'],
  [good, { maxReconnects: 1.5 }, 'options.maxReconnects', 'an integer from 0 to 1000000, or Infinity'],
  [good, { maxBufferedMessages: -1 }, 'options.maxBufferedMessages', 'an integer from 0 to 1000000'],
  [good, { maxBufferedBytes: Number.NaN }, 'options.maxBufferedBytes', 'from 0 to 1073741824 bytes'],
  [good, { retry: { maxRetries: -1 } }, 'options.retry.maxRetries', 'from 0 to 1000'],
  [good, { attemptTimeoutMs: 5 }, 'options.attemptTimeoutMs', 'one of those known'],
];

test.each(rows)(
  'connect(%j, %j) is refused before anything is sent: %s',
  async (parameters, options, field, allowed) => {
    const connecting = gemini.live.connect(parameters as LiveParameters, options as LiveOptions);
    const error = (await connecting.catch((caught: unknown) => caught)) as GeminiError;
    expect(error.failure).toMatchObject({ reason: 'client-config', delivery: 'unsent', evidence: field });
    expect(error.message).toContain(`${field} is `);
    expect(error.message).toContain(allowed);
    expect(error.attempts).toEqual([]);
  },
);

test('a signal that has aborted ends it before anything is sent', async () => {
  const reason = new Error('too late');
  await expect(gemini.live.connect(good, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
