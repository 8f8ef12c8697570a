import { type Content, FinishReason, GenerateContentResponse } from '@google/genai';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { StreamedTurn } from '../../gemini/chats/chatTurn.ts';
import { type Chat, isGeminiError, type LlmOptions, type LlmStream } from '../../index.ts';
import type { ScriptStep } from '../../simulator/index.ts';
import { type ChatBench, chatBench, model, user } from './chatBench.ts';
import { modelBench, rejection } from './modelBench.ts';

const answer = (prompt: string): string => `The answer to ${prompt}.`;
const said = (prompt: string): Content[] => [user(prompt), model(answer(prompt))];

async function textOf(stream: AsyncIterable<{ readonly text: string }>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.text;
  return text;
}

describe('a chat', () => {
  it('sends the turns so far with each question, and keeps the model’s own content', async () => {
    const { runtime, gemini, received } = chatBench({ answer });
    const chat = gemini.chat({ systemInstruction: 'Be brief.' });
    expect((await runtime.settle(chat.send('one'))).text).toBe(answer('one'));
    expect(await runtime.settle(textOf(chat.stream('two')))).toBe(answer('two'));
    await runtime.settle(chat.send([{ text: 'three' }, ' more']));
    expect(received).toEqual([
      [user('one')],
      [...said('one'), user('two')],
      [...said('one'), ...said('two'), { role: 'user', parts: [{ text: 'three' }, { text: ' more' }] }],
    ]);
    expect(chat.history).toHaveLength(6);
  });

  it('keeps signatures, calls and thoughts as they came, and joins only words of the same kind', async () => {
    const parts = [
      { text: 'Let me see', thought: true },
      { text: ' now.', thought: true },
      { text: 'Well, ' },
      { text: 'ah' },
      { text: '!', thoughtSignature: 'c2ln' },
      { text: '' },
      { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'bW9yZQ==' },
      { text: '', thoughtSignature: 'bGFzdA==' },
    ];
    const whole = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }] };
    const { runtime, gemini, asked } = modelBench({ model: (_asked, number) => (number < 2 ? whole : 'done') });
    const chat = gemini.chat();
    await runtime.settle(chat.send('one'));
    expect(chat.history[1]).toEqual({ role: 'model', parts });
    await runtime.settle(textOf(chat.stream('two')));
    await runtime.settle(chat.send([{ functionResponse: { name: 'f', response: { output: 1 } } }]));
    expect(asked[2]?.contents[3]).toEqual({
      role: 'model',
      parts: [
        { text: 'Let me see now.', thought: true },
        { text: 'Well, ah' },
        ...parts.slice(4, 5),
        ...parts.slice(6),
      ],
    });
  });

  it('an answer that is cut at the request’s own limit is an answer, and says so', async () => {
    const { runtime, gemini } = chatBench({ answer: () => 'a long answer with more words than are allowed' });
    const chat = gemini.chat({ config: { maxOutputTokens: 3 } });
    const { text, finishReason } = await runtime.settle(chat.send('one'));
    expect([finishReason, chat.history.at(-1)]).toEqual(['MAX_TOKENS', model(text)]);
  });

  it('values: the history has the question and the answer that fitted', async () => {
    const { runtime, gemini, asked } = modelBench({
      model: (_asked, number) => ['no JSON at all', '{"a":1}', 'end'][number] ?? '',
    });
    const chat = gemini.chat();
    const { value, asks } = await runtime.settle(chat.sendJson('one', z.object({ a: z.number() })));
    expect([value, asks]).toEqual([{ a: 1 }, 2]);
    await runtime.settle(chat.send('two'));
    expect(asked[2]?.contents).toEqual([user('one'), model('{"a":1}'), user('two')]);
    expect(asked[2]?.generationConfig?.['responseMimeType']).toBeUndefined();
  });

  it('tools: their turns enter with the answer, signatures untouched', async () => {
    const functionCall = { name: 'clock', args: {} };
    const { runtime, gemini, asked } = modelBench({
      model: (_asked, number) => [[{ functionCall, thoughtSignature: 'c2ln' }], 'Noon.', 'Bye.'][number] ?? '',
    });
    const chat = gemini.chat();
    const clock = { description: 'The time.', execute: () => 12 };
    await runtime.settle(chat.sendWithTools('What time is it?', { clock }));
    await runtime.settle(chat.send('Thanks.'));
    expect(asked[2]?.contents).toEqual([
      user('What time is it?'),
      { role: 'model', parts: [{ functionCall, thoughtSignature: 'c2ln' }] },
      { role: 'user', parts: [{ functionResponse: { name: 'clock', response: { output: 12 } } }] },
      model('Noon.'),
      user('Thanks.'),
    ]);
  });

  it('a question’s own settings win over the chat’s, for that question', async () => {
    const { runtime, gemini, service, configs } = chatBench({ answer });
    const chat = gemini.chat({ model: 'm-1', systemInstruction: 'Be brief.', config: { temperature: 0, topK: 3 } });
    await runtime.settle(chat.send('one', { model: 'm-2', config: { temperature: 1 }, signal: undefined }));
    await runtime.settle(chat.stream('two', { model: undefined }).result);
    expect(service.ledger.requests.map(({ model: asked }) => asked)).toEqual(['m-2', 'm-1']);
    expect(configs).toEqual([
      { temperature: 1, topK: 3 },
      { temperature: 0, topK: 3 },
    ]);
  });

  it('what cannot be a setting is refused when the chat is opened', () => {
    const { gemini } = chatBench();
    const callTool = async () => [];
    const tool = async () => ({ functionDeclarations: [] });
    const wrong: readonly (readonly [object, string])[] = [
      [{ histroy: [] }, 'options.histroy'],
      [{ deadlineMs: -1 }, 'options.deadlineMs'],
      [{ config: { tools: [{ callTool, tool }] } }, 'options.config.tools[0]'],
    ];
    for (const [options, evidence] of wrong) {
      const failure = expect.objectContaining({ reason: 'client-config', evidence });
      expect(() => gemini.chat(options)).toThrow(expect.objectContaining({ failure }));
    }
  });

  it('a fork goes its own way', async () => {
    const { runtime, gemini } = chatBench({ answer });
    const chat = gemini.chat({ config: { temperature: 0 } });
    await runtime.settle(chat.send('one'));
    const fork = chat.fork();
    await runtime.settle(Promise.all([chat.send('two'), fork.send('three')]));
    expect([chat.history, fork.history]).toEqual([
      [...said('one'), ...said('two')],
      [...said('one'), ...said('three')],
    ]);
  });

  it('what is handed out can be changed without harm', async () => {
    const { runtime, gemini } = chatBench({ answer });
    const message = [{ text: 'one' }];
    const chat = gemini.chat();
    const { response } = await runtime.settle(chat.send(message));
    for (const one of [message, response.candidates?.[0]?.content?.parts ?? [], chat.history]) one.length = 0;
    expect(chat.history).toEqual(said('one'));
  });
});

/** A way in which a turn can come to nothing: what goes wrong, and how the turn is taken. */
type Failing = readonly [
  what: string,
  script: readonly ScriptStep[],
  take: (chat: Chat, options: LlmOptions, bench: ChatBench) => Promise<unknown>,
];

const noRetry: LlmOptions = { retry: { maxRetries: 0 } };
const send: Failing[2] = (chat, options) => chat.send('lost', options);
const stream: Failing[2] = (chat, options) => textOf(chat.stream('lost', options));

const abortedAfter =
  (ms: number, take: Failing[2]): Failing[2] =>
  (chat, options, bench) => {
    const abort = new AbortController();
    bench.runtime.setTimer(ms, () => abort.abort(new Error('enough')));
    return take(chat, { ...options, signal: abort.signal }, bench);
  };

const withDeadline =
  (limits: LlmOptions, take: Failing[2]): Failing[2] =>
  (chat, options, bench) =>
    take(chat, { ...options, ...limits }, bench);

const endedBy =
  (end: (stream: LlmStream) => unknown): Failing[2] =>
  (chat, options, { runtime }) => {
    const streamed = chat.stream('lost', options);
    runtime.setTimer(210, () => end(streamed));
    return textOf(streamed).then(text => (streamed.state === 'aborted' ? Promise.reject(new Error('ended')) : text));
  };

async function leaves(chat: Chat, how: 'break' | 'throw', at: number): Promise<string> {
  let seen = 0;
  for await (const _chunk of chat.stream('lost')) {
    seen += 1;
    if (seen < at) continue;
    if (how === 'throw') throw new Error('mine');
    return 'left';
  }
  return 'read';
}

const failing: readonly Failing[] = [
  ['a refused request', ['400'], send],
  ['retries spent', [{ fault: '503', times: 9 }], send],
  ['a connection that is reset', ['reset-mid-body'], send],
  ['a blocked prompt', ['blocked-prompt'], send],
  ['an answer without content', ['stop-no-parts'], send],
  ['thinking that used up the limit', ['finish-max-tokens-no-text'], send],
  ['an abort in flight', ['stall-before-headers'], abortedAfter(500, send)],
  [
    'an abort while it waits to be sent again',
    [{ fault: '503', times: 9 }],
    abortedAfter(150, (chat, { signal }) => chat.send('lost', { signal })),
  ],
  ['the deadline', ['stall-before-headers'], withDeadline({ deadlineMs: 500 }, send)],
  ['a stream that is refused', ['400'], stream],
  ['a stream that is blocked at once', ['blocked-prompt'], stream],
  ['a stream that is reset before its first piece', ['reset-after-headers'], stream],
  ['a stream that is reset in the middle', ['reset-mid-body'], stream],
  ['a stream that ends in the middle', ['fin-mid-chunked'], stream],
  ['a stream without a finish reason', ['no-finish-reason'], stream],
  ['an error in the middle of a stream', ['sse-error-mid'], stream],
  ['a stream that stalls', ['stall-mid-body'], withDeadline({ idleTimeoutMs: 1_000 }, stream)],
  ['a stream that never begins', ['stall-before-headers'], withDeadline({ deadlineMs: 500 }, stream)],
  ['a stream that is aborted in the middle', ['stall-mid-body'], abortedAfter(800, stream)],
  ['a loop that is left at the first piece', ['ok'], chat => leaves(chat, 'break', 1)],
  ['a loop that is left in the middle', ['ok'], chat => leaves(chat, 'break', 2)],
  ['a loop that throws', ['ok'], chat => leaves(chat, 'throw', 2)],
  [
    'a value that does not fit',
    ['ok', 'ok', 'ok'],
    chat =>
      chat.sendJson(
        'lost',
        z.number().refine(() => false),
        { maxRepairs: 0 },
      ),
  ],
  ['a stream that is aborted by itself', ['stall-mid-body'], endedBy(one => one.abort(new Error('mine')))],
  ['a stream that is returned from elsewhere', ['stall-mid-body'], endedBy(one => one.return())],
  ['a result that nobody gets', ['reset-mid-body'], (chat, options) => chat.stream('lost', options).result],
  ['a message that cannot be', [], chat => chat.send('')],
];

describe('a turn that comes to nothing leaves no trace', () => {
  test.each(failing)('%s', async (_what, script, take) => {
    const bench = chatBench({ answer });
    const { runtime, service, gemini, received } = bench;
    const chat = gemini.chat();
    await runtime.settle(chat.send('one'));
    const before = chat.export();
    service.enqueue(...script);
    const end = await runtime.settle(rejection(take(chat, noRetry, bench)));
    expect(end).toSatisfy(value => value instanceof Error || value === 'resolved with "left"');
    expect(chat.export()).toEqual(before);
    service.reset();
    await runtime.settle(chat.send('two'));
    expect(received.at(-1)).toEqual([...said('one'), user('two')]);
    expect(chat.history).toEqual([...said('one'), ...said('two')]);
  });

  test('a tool that throws, and steps that are spent', async () => {
    const { runtime, gemini, asked } = modelBench({
      model: (_asked, number) => (number < 3 ? [{ functionCall: { name: 'clock', args: {} } }] : 'Hello.'),
    });
    const chat = gemini.chat();
    const broken = { clock: { description: 'The time.', execute: () => Promise.reject(new Error('no battery')) } };
    const end = await runtime.settle(rejection(chat.sendWithTools('time?', broken, { onToolError: 'throw' })));
    expect(isGeminiError(end)).toBe(true);
    const working = { clock: { description: 'The time.', execute: () => 12 } };
    await runtime.settle(rejection(chat.sendWithTools('time?', working, { maxSteps: 2 })));
    expect(chat.history).toEqual([]);
    await runtime.settle(chat.send('hello'));
    expect(asked.at(-1)?.contents).toEqual([user('hello')]);
  });

  test('a filter that stops an answer in its middle: the text is told, and not kept', async () => {
    const stopped = {
      candidates: [{ content: { role: 'model', parts: [{ text: 'Half' }] }, finishReason: 'SAFETY', index: 0 }],
    };
    const { runtime, gemini } = modelBench({ model: () => stopped });
    const chat = gemini.chat();
    await runtime.settle(rejection(chat.send('one')));
    await runtime.settle(rejection(textOf(chat.stream('two'))));
    expect(chat.history).toEqual([]);
  });
});

test('pieces that said no finish reason are no turn', () => {
  const turn = new StreamedTurn();
  const piece = (finishReason?: FinishReason): GenerateContentResponse =>
    Object.assign(new GenerateContentResponse(), {
      candidates: [{ content: model('a'), ...(finishReason && { finishReason }) }],
    });
  turn.add(piece());
  expect(turn.turn).toBeUndefined();
  turn.add(piece(FinishReason.STOP));
  expect(turn.turn).toEqual(model('aa'));
});

describe('turns wait for each other', () => {
  test('in the order in which they were begun; an abort of one that waits leaves the others', async () => {
    const { runtime, gemini, received } = chatBench({ answer });
    const chat = gemini.chat();
    const abort = new AbortController();
    const reason = new Error('mine');
    runtime.setTimer(50, () => abort.abort(reason));
    const [one, two, three, four] = await runtime.settle(
      Promise.all([
        chat.send('one'),
        rejection(chat.send('two', { signal: abort.signal })),
        textOf(chat.stream('three')),
        chat.send('four'),
      ]),
    );
    expect([one.text, two, three, four.text]).toEqual([answer('one'), reason, answer('three'), answer('four')]);
    expect(received).toEqual([
      [user('one')],
      [...said('one'), user('three')],
      [...said('one'), ...said('three'), user('four')],
    ]);
  });

  test('a stream that waits for its turn can be left, and its result be asked for', async () => {
    const { runtime, gemini, received } = chatBench({ answer });
    const chat = gemini.chat();
    const one = chat.send('one');
    const [left, kept] = [chat.stream('left'), chat.stream('kept')];
    const waiting = left.next();
    runtime.setTimer(50, () => left.return());
    const [, next, result] = await runtime.settle(Promise.all([one, waiting, kept.result]));
    expect([next.done, left.state, result.text]).toEqual([true, 'aborted', answer('kept')]);
    expect(received).toEqual([[user('one')], [...said('one'), user('kept')]]);
    expect(chat.history).toEqual([...said('one'), ...said('kept')]);
  });

  test('a stream that was gone on with is one turn, without the question that did it', async () => {
    const text = 'The first sentence is here. The second one follows it closely, and the third ends the answer.';
    const { runtime, service, gemini, received } = chatBench({ answer: () => text });
    service.enqueue('reset-mid-body');
    const chat = gemini.chat();
    const { resumed } = await runtime.settle(chat.stream('Tell me.', { resume: true }).result);
    expect(resumed?.times).toBe(1);
    expect(chat.history).toEqual([user('Tell me.'), model(text)]);
    expect(received).toHaveLength(2);
  });

  test('a stream that nobody has begun to read holds no place', async () => {
    const { runtime, gemini, received } = chatBench({ answer });
    const chat = gemini.chat();
    const later = chat.stream('later');
    await runtime.settle(chat.send('now'));
    await runtime.settle(textOf(later));
    expect(received).toEqual([[user('now')], [...said('now'), user('later')]]);
  });
});

describe('a history is kept and restored', () => {
  test('what was exported begins the next chat, as plain JSON', async () => {
    const { runtime, gemini, received } = chatBench({ answer });
    const chat = gemini.chat();
    await runtime.settle(chat.send('one'));
    const kept = JSON.stringify(chat.export());
    const restored = gemini.chat({ history: JSON.parse(kept) });
    expect(JSON.stringify(restored.export())).toBe(kept);
    await runtime.settle(restored.send('two'));
    expect(received.at(-1)).toEqual([...said('one'), user('two')]);
  });

  const turns = said('one');
  test.each<[what: string, history: unknown, field: string]>([
    ['a text', 'hello', 'options.history'],
    ['another version', { version: 2, history: [] }, 'options.history.version'],
    ['an export without turns', { version: 1 }, 'options.history.history'],
    ['a turn that is none', [null], 'options.history[0]'],
    ['a model that begins', [model('hi')], 'options.history[0].role'],
    ['two turns of the user', [user('a'), user('b')], 'options.history[1].role'],
    ['a role that does not exist', [{ role: 'system', parts: [{ text: 'a' }] }], 'options.history[0].role'],
    ['a question without an answer', [...turns, user('b')], 'options.history[2].role'],
    ['an empty turn', [user('a'), { role: 'model', parts: [] }], 'options.history[1].parts'],
    ['a turn without parts', [user('a'), { role: 'model' }], 'options.history[1].parts'],
    [
      'a part without content',
      [user('a'), { role: 'model', parts: [{ thought: true }] }],
      'options.history[1].parts[0]',
    ],
    ['a text that is a number', [{ role: 'user', parts: [{ text: 1 }] }], 'options.history[0].parts[0].text'],
    [
      'a call that is a text',
      [user('a'), { role: 'model', parts: [{ functionCall: 'f' }] }],
      'options.history[1].parts[0].functionCall',
    ],
    [
      'a call without a name',
      [user('a'), { role: 'model', parts: [{ functionCall: {} }] }],
      'options.history[1].parts[0].functionCall.name',
    ],
    [
      'media without data',
      [{ role: 'user', parts: [{ inlineData: {} }] }],
      'options.history[0].parts[0].inlineData.data',
    ],
  ])('%s is refused, and where it is is said', (_what, history, field) => {
    const { gemini } = chatBench();
    const open = (): unknown => gemini.chat({ history: history as Content[] });
    expect(open).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ reason: 'client-config', evidence: field }) }),
    );
  });

  test.each<[what: string, message: unknown, field: string]>([
    ['nothing', '', 'message'],
    ['no part', [], 'message'],
    ['a number', 7, 'message'],
    ['a part that is none', [{ nothing: 1 }], 'message[0]'],
    ['a function in a part', [{ functionResponse: { name: 'f', response: { f: () => 1 } } }], 'message[0]'],
  ])('a message that is %s is refused before anything is sent', async (_what, message, field) => {
    const { gemini, received } = chatBench();
    const error = await rejection(gemini.chat().send(message as string));
    expect(error).toMatchObject({ failure: { reason: 'client-config', evidence: field } });
    expect(received).toEqual([]);
  });
});
