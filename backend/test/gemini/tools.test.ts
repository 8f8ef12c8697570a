import { type } from 'arktype';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineTool, type GeminiError, isGeminiError, retryLine } from '../../index.ts';
import { type Asked, modelBench, type Part, rejection, type Said } from './modelBench.ts';

const weather = defineTool({
  description: 'The weather of a city.',
  parameters: z.object({ city: z.string().min(1) }),
  execute: ({ city }) => ({ city, celsius: 21 }),
});

const call = (name: string, args: object = {}, id?: string): Part => ({
  functionCall: { name, args, ...(id !== undefined && { id }) },
});

const inOrder = (answers: readonly Said[]) => (_asked: unknown, number: number) => answers[number] ?? 'nothing left';

/** What the model was told of the tools, in a request. */
const told = (asked: Asked | undefined) =>
  asked?.contents.at(-1)?.parts.map(({ functionResponse }) => functionResponse);

async function failed(promise: Promise<unknown>): Promise<GeminiError> {
  const error = await rejection(promise);
  if (!isGeminiError(error)) throw error;
  return error;
}

describe('callLlmWithTools', () => {
  it('runs the tool that the model asks for, and gives it the result', async () => {
    const { runtime, gemini, asked } = modelBench({ model: inOrder([[call('weather', { city: 'Rome' })], '21 °C.']) });
    const result = await runtime.settle(gemini.callLlmWithTools('How warm is Rome?', { weather }));
    expect(result).toMatchObject({
      text: '21 °C.',
      steps: [
        {
          step: 1,
          toolCalls: [{ name: 'weather', args: { city: 'Rome' }, result: { city: 'Rome', celsius: 21 }, ran: true }],
        },
      ],
      usage: { promptTokenCount: 20, candidatesTokenCount: 10, totalTokenCount: 30 },
      lastUsage: { totalTokenCount: 15 },
    });
    expect(result.attempts.map(({ exchange }) => exchange)).toEqual([1, 2]);
    expect(asked[0]?.tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'weather',
            description: 'The weather of a city.',
            parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        ],
      },
    ]);
    expect(told(asked[1])).toEqual([{ name: 'weather', response: { output: { city: 'Rome', celsius: 21 } } }]);
  });

  it('an answer without a tool has no steps', async () => {
    const { runtime, gemini } = modelBench({ model: () => 'Warm.' });
    const { text, steps, usage } = await runtime.settle(gemini.callLlmWithTools('How warm?', { weather }));
    expect({ text, steps, usage }).toMatchObject({ text: 'Warm.', steps: [], usage: { totalTokenCount: 15 } });
  });

  it('sends the model’s turns back as they came, and its ids', async () => {
    const said: Part[] = [
      { text: 'Let me look.', thoughtSignature: 'c2lnbmF0dXJl' },
      { ...call('weather', { city: 'Rome' }, 'id-1'), thoughtSignature: 'b3RoZXI=' },
      call('weather', { city: 'Oslo' }, 'id-2'),
    ];
    const { runtime, gemini, asked } = modelBench({ model: inOrder([said, 'Done.']) });
    await runtime.settle(gemini.callLlmWithTools('Compare.', { weather }));
    expect(asked[1]?.contents.map(({ role }) => role)).toEqual(['user', 'model', 'user']);
    expect(asked[1]?.contents[1]?.parts).toEqual(said);
    expect(told(asked[1])?.map(response => response?.id)).toEqual(['id-1', 'id-2']);
  });

  it('runs calls of one step side by side, and answers them in order', async () => {
    const said = [call('wait', { ms: 300 }), call('wait', { ms: 100 }), call('wait', { ms: 200 })];
    const { runtime, gemini, asked, events } = modelBench({ model: inOrder([said, 'Done.']) });
    const ended: number[] = [];
    const wait = defineTool({
      description: 'Waits.',
      parameters: type({ ms: 'number' }),
      execute: async ({ ms }) => {
        await runtime.sleep(ms);
        return ended.push(ms) && ms;
      },
    });
    const { steps } = await runtime.settle(gemini.callLlmWithTools('Wait.', [{ ...wait, name: 'wait' }]));
    expect(ended).toEqual([100, 200, 300]);
    expect(told(asked[1])?.map(one => one?.response['output'])).toEqual([300, 100, 200]);
    expect(steps[0]?.toolCalls.map(({ durationMs }) => durationMs)).toEqual([300, 100, 200]);
    expect(events.filter(event => event.type === 'tool-end')).toHaveLength(3);
    expect(events.find(event => event.type === 'tool-step')).toMatchObject({ step: 1, tools: 3 });
  });

  const refusals: readonly (readonly [claim: string, asked: Part, error: string])[] = [
    [
      'a tool that is not there',
      call('whether', { city: 'Rome' }),
      'There is no tool "whether". The tools are: weather.',
    ],
    ['a name of every object', call('constructor'), 'There is no tool "constructor"'],
    ['arguments that do not fit', call('weather', { city: '' }), 'The arguments do not fit:\ncity: Too small'],
    ['arguments that are missing', { functionCall: { name: 'weather' } }, 'city: Invalid input: expected string'],
  ];

  it.each(refusals)('%s is told to the model, which may do better', async (_claim, said, error) => {
    const better = [call('weather', { city: 'Rome' })];
    const { runtime, gemini, asked } = modelBench({ model: inOrder([[said], better, '21 °C.']) });
    const { text, steps } = await runtime.settle(gemini.callLlmWithTools('How warm?', { weather }));
    expect(told(asked[1])?.[0]?.response['error']).toContain(error);
    expect(text).toBe('21 °C.');
    expect(steps.map(({ toolCalls }) => toolCalls[0]?.ran)).toEqual([false, true]);
  });

  const broken = {
    throws: () => {
      throw new Error('The station is out.');
    },
    rejects: () => Promise.reject(new Error('The station is out.')),
  };

  it.each(Object.entries(broken))('the error of a tool that %s is told to the model', async (_how, execute) => {
    const { runtime, gemini, asked } = modelBench({ model: inOrder([[call('radar')], 'No idea.']) });
    const tools = { radar: { description: 'Looks at the sky.', execute } };
    const { text, steps } = await runtime.settle(gemini.callLlmWithTools('Rain?', tools));
    expect(text).toBe('No idea.');
    expect(told(asked[1])).toEqual([{ name: 'radar', response: { error: 'The station is out.' } }]);
    expect(steps[0]?.toolCalls).toMatchObject([{ error: 'The station is out.', ran: true, args: {} }]);
  });

  it('says in the log what happened, and nothing of what was said', async () => {
    const said = [call('weather', { city: 'Rome' }), call('whether'), call('broken')];
    const { runtime, gemini, events } = modelBench({
      model: inOrder([said, '21 °C.']),
      simulated: { script: ['finish-malformed-function-call', 'ok'] },
    });
    const tools = { weather, broken: { description: 'Breaks.', execute: broken.throws } };
    await runtime.settle(gemini.callLlmWithTools('How warm is Rome?', tools, { model: 'm' }));
    const lines = events.map(event => retryLine(event)?.replace(/^#\d+ generateContent m: /, ''));
    expect(lines).toEqual(
      expect.arrayContaining([
        'attempt 2 is sent with temperature 1 → 0.5, because of MALFORMED_FUNCTION_CALL',
        'step 1, tool weather ended in success after 0.0 s',
        'step 1, tool unknown ended in refused after 0.0 s',
        'step 1, tool broken ended in failure after 0.0 s',
        'step 1 is over, 3 tools answered',
      ]),
    );
    expect(lines.join()).not.toMatch(/Rome|whether|station/);
  });

  it('or ends the call, and the other tools, where that is asked for', async () => {
    const { runtime, gemini, asked } = modelBench({
      model: inOrder([[{ text: 'Hm.' }, call('slow'), call('radar')], 'No idea.']),
    });
    const aborted: unknown[] = [];
    const tools = {
      radar: { description: 'Looks at the sky.', execute: broken.rejects },
      slow: {
        description: 'Takes its time.',
        execute: async (_args: unknown, { signal }: { signal: AbortSignal }) => {
          signal.addEventListener('abort', () => aborted.push(signal.reason));
          await runtime.sleep(60_000, signal);
        },
      },
    };
    const error = await runtime.settle(failed(gemini.callLlmWithTools('Rain?', tools, { onToolError: 'throw' })));
    expect(error.failure).toMatchObject({ reason: 'client-bug', rule: 'tool-failed', retryable: false });
    expect(error.failure.delivery).toBe('ambiguous');
    expect(error.failure.message).toBe('The tool "radar" failed: The station is out.');
    expect(error.cause).toMatchObject({ message: 'The station is out.' });
    expect(error.partialText).toBe('Hm.');
    expect(aborted).toEqual([error]);
    expect(asked).toHaveLength(1);
  });

  const stops: readonly (readonly [finishReason: string, reason: string, rule: string, advice: string])[] = [
    ['SAFETY', 'blocked-content', 'finish-blocked', 'safety settings'],
    ['PROHIBITED_CONTENT', 'blocked-content', 'finish-blocked', 'safety settings'],
    ['RECITATION', 'blocked-content', 'finish-blocked', 'change the prompt'],
    ['LANGUAGE', 'blocked-content', 'finish-blocked', 'language that the model does not support'],
    ['MAX_TOKENS', 'invalid-argument', 'output-cut-at-token-limit', 'maxOutputTokens'],
  ];

  it.each(stops)('runs nothing of an answer that ends with %s', async (finishReason, reason, rule, advice) => {
    let runs = 0;
    const count = { description: 'Counts.', execute: () => (runs += 1) };
    const parts = [{ text: 'Let me count.' }, call('count')];
    const { runtime, gemini, asked } = modelBench({
      model: () => ({ candidates: [{ content: { parts }, finishReason }] }),
    });
    const error = await runtime.settle(failed(gemini.callLlmWithTools('Count.', { count })));
    expect(error.failure).toMatchObject({ reason, rule, retryable: false, delivery: 'ambiguous' });
    expect(error.failure.advice).toContain(advice);
    expect([runs, asked.length, error.partialText, error.attempts.length]).toEqual([0, 1, 'Let me count.', 1]);
  });

  it('runs what an answer asks for that ends for no reason of those', async () => {
    const content = { parts: [call('count')] };
    const first = { candidates: [{ content, finishReason: 'OTHER' }] };
    const { runtime, gemini } = modelBench({ model: inOrder([first, 'Done.']) });
    const tools = { count: { description: 'Counts.', execute: () => 1 } };
    expect((await runtime.settle(gemini.callLlmWithTools('Count.', tools))).text).toBe('Done.');
  });

  const odd: readonly (readonly [what: string, thrown: unknown, told: string])[] = [
    ['a text', 'boo', 'boo'],
    ['nothing', undefined, 'undefined'],
    ['a symbol', Symbol('x'), 'Symbol(x)'],
    ['an object without a prototype', Object.create(null), 'a value that cannot be shown'],
    ['an object that fights back', new Proxy({}, { get: () => expect.fail('read') }), 'a value that cannot be shown'],
  ];

  it.each(odd)('a tool may throw %s', async (_what, thrown, words) => {
    const tools = { odd: { description: 'Odd.', execute: () => Promise.reject(thrown) } };
    const reported = modelBench({ model: inOrder([[call('odd')], 'Done.']) });
    const { text } = await reported.runtime.settle(reported.gemini.callLlmWithTools('Go.', tools));
    expect(text).toBe('Done.');
    expect(told(reported.asked[1])?.[0]?.response).toEqual({ error: words });
    const { runtime, gemini } = modelBench({ model: () => [call('odd')] });
    const error = await runtime.settle(failed(gemini.callLlmWithTools('Go.', tools, { onToolError: 'throw' })));
    expect(error.failure).toMatchObject({ rule: 'tool-failed', message: `The tool "odd" failed: ${words}` });
    expect(Object.is(error.cause, thrown)).toBe(true);
  });

  it('shows nothing of the prompt where a tool quotes it, and hands on an error of an inner call', async () => {
    const quoting = (error: Error) => ({ radar: { description: 'Looks.', execute: () => Promise.reject(error) } });
    const ask = async (error: Error) => {
      const { runtime, gemini } = modelBench({ model: () => [call('radar')] });
      const options = { onToolError: 'throw' } as const;
      return runtime.settle(failed(gemini.callLlmWithTools('Is it true about aunt Mildred?', quoting(error), options)));
    };
    const quoted = await ask(new Error('no entry: true about aunt Mildred'));
    expect(JSON.stringify(quoted) + quoted.message).not.toContain('Mildred');
    expect(await ask(quoted)).toBe(quoted);
  });

  it('what is no JSON is a tool’s error, and nothing at all is null', async () => {
    const said = [call('big'), call('nothing')];
    const { runtime, gemini, asked } = modelBench({ model: inOrder([said, 'Done.']) });
    const tools = {
      big: { description: 'A number.', execute: () => 12n },
      nothing: { description: 'Does something.', execute: () => undefined },
    };
    await runtime.settle(gemini.callLlmWithTools('Go.', tools));
    expect(told(asked[1])?.map(one => one?.response)).toEqual([
      { error: expect.stringContaining('BigInt') },
      { output: null },
    ]);
  });

  it.each([1, 3])('ends at maxSteps %i, without running tools whose results nobody would read', async maxSteps => {
    let runs = 0;
    const count = { description: 'Counts.', execute: () => (runs += 1) };
    const { runtime, gemini, asked } = modelBench({ model: () => [{ text: 'Again.' }, call('count')] });
    const error = await runtime.settle(failed(gemini.callLlmWithTools('Count.', { count }, { maxSteps })));
    expect([asked.length, runs]).toEqual([maxSteps, maxSteps - 1]);
    expect(error.failure).toMatchObject({ reason: 'client-config', rule: 'tool-steps-spent' });
    expect(error.failure.message).toContain(`after ${maxSteps} requests`);
    expect(error.failure.advice).toContain('maxSteps');
    expect(error.partialText).toBe('Again.');
  });

  const hang = (signals: AbortSignal[]) => ({
    description: 'Never ends.',
    execute: (_args: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => {});
    },
  });

  it('an abort ends the call at once with its reason, and the tool is told', async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const { runtime, gemini, asked } = modelBench({ model: () => [call('hang')] });
    runtime.setTimer(500, () => controller.abort('enough'));
    const { signal } = controller;
    const ended = rejection(gemini.callLlmWithTools('Go.', { hang: hang(signals) }, { signal }));
    expect(await runtime.settle(ended)).toBe('enough');
    expect(signals.map(one => [one.aborted, one.reason])).toEqual([[true, 'enough']]);
    expect(asked).toHaveLength(1);
  });

  it('the deadline is that of the whole loop, tools included', async () => {
    const signals: AbortSignal[] = [];
    const { runtime, gemini } = modelBench({ model: () => [call('hang')] });
    const startedMs = runtime.now();
    const options = { deadlineMs: 5_000 };
    const error = await runtime.settle(failed(gemini.callLlmWithTools('Go.', { hang: hang(signals) }, options)));
    expect([error.failure.reason, runtime.now() - startedMs]).toEqual(['timeout', 5_000]);
    expect(signals[0]?.aborted).toBe(true);
  });

  const modes: readonly (readonly [options: object, first: unknown, second: unknown, declared: string])[] = [
    [{}, undefined, undefined, 'weather,radar'],
    [{ toolMode: 'AUTO' }, { mode: 'AUTO' }, { mode: 'AUTO' }, 'weather,radar'],
    [{ toolMode: 'ANY' }, { mode: 'ANY' }, { mode: 'AUTO' }, 'weather,radar'],
    [{ toolMode: 'VALIDATED' }, { mode: 'VALIDATED' }, { mode: 'VALIDATED' }, 'weather,radar'],
    [{ allowedTools: ['weather'] }, undefined, undefined, 'weather'],
    [{ allowedTools: ['radar'], toolMode: 'ANY' }, { mode: 'ANY' }, { mode: 'AUTO' }, 'radar'],
  ];

  it.each(modes)('%j is what the model is offered', async (options, first, second, declared) => {
    const radar = { description: 'Looks at the sky.', execute: () => 'clear' };
    const { runtime, gemini, asked } = modelBench({ model: inOrder([[call('radar')], 'Clear.']) });
    await runtime.settle(gemini.callLlmWithTools('Rain?', { weather, radar }, options));
    expect(asked.map(({ toolConfig }) => toolConfig?.functionCallingConfig)).toEqual([first, second]);
    expect(asked[0]?.tools?.[0]?.functionDeclarations?.map(({ name }) => name).join()).toBe(declared);
    const isOffered = declared.includes('radar');
    expect(told(asked[1])?.[0]?.response).toEqual(
      isOffered ? { output: 'clear' } : { error: 'There is no tool "radar". The tools are: weather.' },
    );
  });

  it('types the arguments by the schema', () => {
    const { gemini } = modelBench({ model: () => '' });
    const byKey = () =>
      gemini.callLlmWithTools('Go.', {
        add: {
          description: 'Adds.',
          parameters: z.object({ a: z.number(), b: z.number().default(1) }),
          execute: (args, { signal, step }) => {
            expectTypeOf(args).toEqualTypeOf<{ a: number; b: number }>();
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
            return args.a + args.b + step;
          },
        },
        shout: {
          description: 'Shouts.',
          parameters: type({ words: 'string' }),
          execute: args => {
            expectTypeOf(args).toEqualTypeOf<{ words: string }>();
            return args.words.toUpperCase();
          },
        },
      });
    expect(byKey).toBeTypeOf('function');
  });

  const settings: readonly (readonly [tools: unknown, options: object, message: string])[] = [
    [{}, {}, 'tools is empty, but must be at least one tool.'],
    [7, {}, 'tools is 7, but must be an object or a list of tools.'],
    [{ 'two words': weather }, {}, 'tools.two words.name is "two words", but must be a name of letters'],
    [[weather], {}, 'tools[0].name is undefined, but must be a name'],
    [
      [
        { ...weather, name: 'a' },
        { ...weather, name: 'a' },
      ],
      {},
      'tools is two of the name "a"',
    ],
    [{ a: { ...weather, description: '' } }, {}, 'tools.a.description is "", but must be a text for the model.'],
    [{ a: { description: 'x' } }, {}, 'tools.a.execute is undefined, but must be a function.'],
    [
      { a: { ...weather, parameters: z.array(z.string()) } },
      {},
      'tools.a.parameters.type is "array", but must be "object"',
    ],
    [
      { a: { ...weather, parameters: { type: 'object', properties: { b: { not: {} } } } } },
      {},
      'tools.a.parameters.properties.b.not is a keyword',
    ],
    [{ weather }, { maxSteps: 0 }, 'options.maxSteps is 0, but must be an integer from 1 to 100.'],
    [{ weather }, { onToolError: 'ignore' }, 'options.onToolError is "ignore", but must be one of "report", "throw".'],
    [{ weather }, { toolMode: 'auto' }, 'options.toolMode is "auto", but must be one of "AUTO", "ANY"'],
    [{ weather }, { allowedTools: ['rain'] }, 'options.allowedTools[0] is "rain", but must be one of "weather".'],
    [{ weather }, { maxStep: 1 }, 'options.maxStep is no option'],
    [
      { weather },
      { config: { tools: [{ functionDeclarations: [{ name: 'x' }] }] } },
      'config.tools[0] is a function, but must be given with the tools of this call.',
    ],
  ];

  it.each(settings)('a wrong setting is refused before anything is sent: %j %j', async (tools, options, message) => {
    const { runtime, gemini, asked } = modelBench({ model: () => 'Hello.' });
    const error = await runtime.settle(
      rejection(gemini.callLlmWithTools('Go.', tools as { a: typeof weather }, options)),
    );
    expect(isGeminiError(error) && error.failure.message).toContain(message);
    expect(asked).toEqual([]);
  });
});
