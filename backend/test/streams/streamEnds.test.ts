/** Every way in which a stream can go wrong, before its first content and after, byte by byte over real sockets. */

import { describe, expect, it } from 'vitest';
import { isGeminiError } from '../../index.ts';
import { type Ending, event, rawServer, type Sent, words } from './rawServer.ts';
import { clientOf } from './streamBench.ts';

const overloaded = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
const asText = (value: unknown): string => JSON.stringify(value);
const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));
const finish = (finishReason: string): string => event({ candidates: [{ finishReason, index: 0 }] });
const next = words('and the next one. ');
const umlaut = new TextEncoder().encode(words('Grüße '));
const inUmlaut = umlaut.subarray(0, umlaut.indexOf(0xc3) + 1);

type Bytes = Sent['bytes'];

// fault, what is sent, how it ends: before the first content, after it
type Row = readonly [string, Bytes, Ending, string, string];

const truncated = 'truncated network/truncated-stream';
const nothing = 'failed server/empty-response';
const failed503 = 'failed server/overloaded';
const malformed = 'failed server/malformed-response';

const rows: readonly Row[] = [
  ['nothing more, in order', [], 'end', nothing, truncated],
  ['the connection is closed', [], 'fin', 'truncated network/*', 'truncated network/*'],
  ['the connection is reset', [], 'reset', 'truncated network/*', 'truncated network/*'],
  ['half an event, in order', [half(next)], 'end', 'truncated network/*', truncated],
  ['half an event, and closed', [half(next)], 'fin', 'truncated network/*', 'truncated network/*'],
  ['half an event, and reset', [half(next)], 'reset', 'truncated network/*', 'truncated network/*'],
  ['an event cut inside a character', [inUmlaut], 'end', 'truncated network/*', truncated],
  ['silence', [], 'stall', 'stalled network/timeout', 'stalled network/timeout'],
  ['half an event, and silence', [half(next)], 'stall', 'stalled network/timeout', 'stalled network/timeout'],
  ['one comment, and silence', [': ping\n\n'], 'stall', 'stalled network/timeout', 'stalled network/timeout'],
  [
    'only comments',
    Array.from({ length: 200 }, () => ': ping\n\n'),
    'stall',
    'stalled network/timeout',
    'stalled network/timeout',
  ],
  ['an error event, 503', [event(overloaded)], 'end', failed503, failed503],
  ['an error event, and closed', [event(overloaded)], 'fin', failed503, failed503],
  ['an error event, and silence', [event(overloaded)], 'stall', failed503, failed503],
  [
    'an error event, 429',
    [event({ error: { code: 429, message: 'Resource has been exhausted.', status: 'RESOURCE_EXHAUSTED' } })],
    'end',
    'failed quota/quota-unspecified',
    'failed quota/quota-unspecified',
  ],
  [
    'an error event, 500',
    [event({ error: { code: 500, message: 'An internal error has occurred.', status: 'INTERNAL' } })],
    'end',
    'failed server/internal',
    'failed server/internal',
  ],
  [
    'an error event, 400',
    [event({ error: { code: 400, message: 'Bad.', status: 'INVALID_ARGUMENT' } })],
    'end',
    'failed request/invalid-argument',
    'failed request/invalid-argument',
  ],
  [
    'an error event, code in words',
    [event({ error: { code: 'unavailable', message: 'The model is overloaded.' } })],
    'end',
    failed503,
    failed503,
  ],
  [
    'an error event without a code',
    [event({ error: { message: 'The model is overloaded.', status: 'UNAVAILABLE' } })],
    'end',
    failed503,
    failed503,
  ],
  [
    'an error event in two packets',
    [half(event(overloaded)), event(overloaded).slice(half(event(overloaded)).length)],
    'end',
    failed503,
    failed503,
  ],
  ['an error event with a name', [`event: error\n${event(overloaded)}`], 'end', failed503, failed503],
  ['an error event without its blank line', [event(overloaded).trimEnd()], 'end', failed503, failed503],
  ['a bare error', [asText(overloaded)], 'end', failed503, failed503],
  [
    'a bare error in two packets',
    [half(asText(overloaded)), asText(overloaded).slice(half(asText(overloaded)).length)],
    'end',
    failed503,
    failed503,
  ],
  ['a bare error over many lines', [JSON.stringify(overloaded, undefined, 2)], 'end', failed503, failed503],
  ['a bare error in an array', [asText([overloaded])], 'end', failed503, failed503],
  ['no JSON', ['data: {not json}\n\n', next], 'end', malformed, malformed],
  ['null', ['data: null\n\n'], 'end', malformed, malformed],
  ['a list', ['data: []\n\n'], 'end', malformed, malformed],
  ['a page of a proxy', ['<html><body>502 Bad Gateway</body></html>\n'], 'end', 'failed server/*', truncated],
  ['the mark of the end, but no reason', ['data: [DONE]\n\n'], 'end', nothing, truncated],
  ['an unset finish reason', [finish('FINISH_REASON_UNSPECIFIED')], 'end', 'failed server/empty-response', truncated],
  ['token counts only', [event({ usageMetadata: { promptTokenCount: 3 } })], 'end', nothing, truncated],
  ['empty objects', [event({}), event({})], 'end', nothing, truncated],
  [
    'a blocked prompt',
    [event({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } })],
    'end',
    'blocked request/blocked-content',
    'blocked request/blocked-content',
  ],
  ['safety', [finish('SAFETY')], 'end', 'blocked request/blocked-content', 'blocked request/blocked-content'],
  ['personal data', [finish('SPII')], 'end', 'blocked request/blocked-content', 'blocked request/blocked-content'],
  [
    'a malformed function call',
    [finish('MALFORMED_FUNCTION_CALL')],
    'end',
    'failed server/malformed-function-call',
    'failed server/malformed-function-call',
  ],
  ['no words at all', [finish('STOP')], 'end', nothing, 'complete'],
];

const begun = [words('Once upon a time, '), words('there were two events ')];

interface End {
  readonly how: string;
  readonly yielded: string;
  readonly partialText: string | undefined;
  readonly requests: number;
  readonly tookMs: number;
}

async function endOf(sent: Sent): Promise<End> {
  await using server = await rawServer(() => sent);
  const stream = clientOf(server.url).callLlmStream('Tell me.');
  const startMs = performance.now();
  let yielded = '';
  let error: unknown;
  try {
    for await (const { text } of stream) yielded += text;
  } catch (caught) {
    error = caught;
  }
  const { state } = stream;
  const partialText = isGeminiError(error) ? error.partialText : undefined;
  if (isGeminiError(error)) expect(error.state).toBe(state);
  else if (error !== undefined) throw error;
  const failure = isGeminiError(error) ? ` ${error.failure.errorClass}/${error.failure.reason}` : '';
  return {
    how: `${state}${failure}`,
    yielded,
    partialText,
    requests: server.bodies.length,
    tookMs: performance.now() - startMs,
  };
}

const matches = (pattern: string): RegExp => new RegExp(`^${pattern.replace('*', '[a-z-]+')}$`);

/** Faults of one request; where it is worth it, they are met again by each retry. */
const isRetried = (end: string): boolean => !/complete|request/.test(end);

describe.each([
  ['before the first content', [], 3],
  ['after the first content', begun, 4],
] as const)('%s', (_when, first, column) => {
  it.concurrent.each(rows.map(row => [row[0], row] as const))('%s', async (_name, row) => {
    const [, bytes, ending] = row;
    const end = await endOf({ bytes: [...first, ...bytes], ending, apart: true });
    const expected = row[column];
    expect(end.how).toMatch(matches(expected));
    if (first.length > 0) {
      expect(end.requests).toBe(1);
      const whole = 'Once upon a time, there were two events ';
      expect(end.yielded.startsWith(whole)).toBe(true);
      if (expected !== 'complete') expect(end.partialText).toBe(end.yielded);
    } else {
      expect(end.yielded).toBe('');
      expect(end.requests > 1).toBe(isRetried(end.how));
    }
    // No limit is passed unseen: six attempts of at most 0.4 s each.
    expect(end.tookMs).toBeLessThan(first.length > 0 ? 2_500 : 5_000);
  });
});

describe('however it is cut into packets', () => {
  const wire = [...begun, words('and a third, with Grüße. '), words('The end.', 'STOP')].join('');
  const bytes = new TextEncoder().encode(wire);

  it.each([1, 2, 3, 7, 64, 1_000])('packets of %i bytes', async size => {
    const packets = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const end = await endOf({ bytes: packets, ending: 'end' });
    expect(end).toMatchObject({
      how: 'complete',
      yielded: 'Once upon a time, there were two events and a third, with Grüße. The end.',
    });
  });
});
