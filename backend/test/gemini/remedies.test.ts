import { FinishReason } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { failureOfResult } from '../../gemini/classification/resultRules.ts';
import { type FinishRow, finishRow, finishRows, type GenerateBody, remedyNames } from '../../gemini/remedies.ts';
import { isGeminiError } from '../../index.ts';
import type { ScriptStep } from '../../simulator/index.ts';
import { type ModelBench, modelBench, rejection } from './modelBench.ts';

const rows: readonly (readonly [name: string, row: FinishRow])[] = Object.entries(finishRows);

describe('the table of finish reasons', () => {
  it('has every reason that the official client knows', () => {
    const known = Object.values(FinishReason).filter(name => !name.endsWith('_UNSPECIFIED'));
    expect(known.filter(name => finishRow(name) === undefined)).toEqual([]);
  });

  it.each(rows)('says of %s what classification says', (name, { reason }) => {
    const failure = failureOfResult({
      candidates: [{ finishReason: name, ...(name === 'CONTINUATION' && { continuationToken: 'x' }) }],
    });
    expect(failure?.reason).toBe(reason);
  });

  it.each(rows)('says of %s whether it is sent again', (name, { does, once }) => {
    const failure = failureOfResult({ candidates: [{ finishReason: name }] });
    const isSentAgain = once === true || failure?.retryable === true;
    if (name !== 'CONTINUATION') expect(does.startsWith('sent again')).toBe(isSentAgain);
  });

  it('has a switch for each remedy', () => {
    expect(
      rows
        .filter(([, row]) => row.remedy)
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(remedyNames.toSorted());
  });
});

const tool = (name: string) => ({ functionDeclarations: [{ name }] });

describe('a remedy', () => {
  const cases: readonly (readonly [
    name: string,
    body: GenerateBody,
    after: GenerateBody | undefined,
    did: string | undefined,
  ])[] = [
    ['MALFORMED_FUNCTION_CALL', {}, { generationConfig: { temperature: 0.5 } }, 'temperature 1 → 0.5'],
    [
      'MALFORMED_FUNCTION_CALL',
      { generationConfig: { temperature: 0.4, seed: 1 } },
      { generationConfig: { temperature: 0.2, seed: 1 } },
      'temperature 0.4 → 0.2',
    ],
    ['MALFORMED_FUNCTION_CALL', { generationConfig: { temperature: 0 } }, undefined, undefined],
    [
      'MALFORMED_FUNCTION_CALL',
      { tools: [tool('a')] },
      {
        tools: [tool('a')],
        generationConfig: { temperature: 0.5 },
        toolConfig: { functionCallingConfig: { mode: 'ANY' } },
      },
      'temperature 1 → 0.5, mode ANY',
    ],
    [
      'MALFORMED_FUNCTION_CALL',
      { tools: [tool('a'), tool('b')] },
      { tools: [tool('a'), tool('b')], generationConfig: { temperature: 0.5 } },
      'temperature 1 → 0.5',
    ],
    [
      'MALFORMED_FUNCTION_CALL',
      { tools: [tool('a')], toolConfig: { functionCallingConfig: { mode: 'AUTO' } } },
      {
        tools: [tool('a')],
        toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
        generationConfig: { temperature: 0.5 },
      },
      'temperature 1 → 0.5',
    ],
    ['UNEXPECTED_TOOL_CALL', {}, { generationConfig: { temperature: 0.5 } }, 'temperature 1 → 0.5'],
    ['RECITATION', {}, { generationConfig: { temperature: 1.3 } }, 'temperature 1 → 1.3'],
    [
      'RECITATION',
      { generationConfig: { temperature: 1.9 } },
      { generationConfig: { temperature: 2 } },
      'temperature 1.9 → 2',
    ],
    ['RECITATION', { generationConfig: { temperature: 2 } }, undefined, undefined],
  ];

  it.each(cases)('%s of %j', (name, body, after, did) => {
    const before = structuredClone(body);
    const changed = finishRow(name)?.remedy?.(body);
    expect(changed).toEqual(after === undefined ? undefined : { body: after, did });
    expect(body).toEqual(before);
  });
});

const temperatures = ({ sent }: ModelBench) => sent.map(({ generationConfig }) => generationConfig?.['temperature']);

/** A bench whose first answers are of no use. */
const badly = (script: readonly ScriptStep[], client = {}): ModelBench =>
  modelBench({ model: () => 'Hello.', simulated: { script }, client });

const malformed: ScriptStep = 'finish-malformed-function-call';

describe('what is sent again', () => {
  it('after a broken function call is cooler each time, and the history says so', async () => {
    const bench = badly([malformed, '503', malformed]);
    const { attempts } = await bench.runtime.settle(bench.gemini.callLlm('Hi.'));
    expect(temperatures(bench)).toEqual([undefined, 0.5, 0.5, 0.25]);
    expect(attempts.map(({ remedy }) => remedy)).toEqual([
      undefined,
      'temperature 1 → 0.5',
      undefined,
      'temperature 0.5 → 0.25',
    ]);
    expect(bench.events.filter(({ type }) => type === 'remedy')).toMatchObject([
      { exchange: 1, attempt: 2, because: 'MALFORMED_FUNCTION_CALL', did: 'temperature 1 → 0.5' },
      { exchange: 1, attempt: 4, because: 'MALFORMED_FUNCTION_CALL', did: 'temperature 0.5 → 0.25' },
    ]);
  });

  it('is otherwise as it was', async () => {
    const bench = badly([malformed]);
    const config = { temperature: 0.8, seed: 7, systemInstruction: 'Be brief.' };
    await bench.runtime.settle(bench.gemini.callLlm('Hi.', { config }));
    const [first, second] = bench.sent;
    expect(second).toEqual({ ...first, generationConfig: { ...first?.generationConfig, temperature: 0.4 } });
  });

  it('has its remedy on streams too', async () => {
    const bench = badly([malformed]);
    const read = async () => {
      let text = '';
      for await (const chunk of bench.gemini.callLlmStream('Hi.')) text += chunk.text;
      return text;
    };
    expect(await bench.runtime.settle(read())).toBe('Hello.');
    expect(temperatures(bench)).toEqual([undefined, 0.5]);
  });

  it('after a recitation is warmer, once', async () => {
    const bench = badly(['finish-recitation']);
    const { text, attempts } = await bench.runtime.settle(bench.gemini.callLlm('Hi.'));
    expect([text, attempts[1]?.remedy]).toEqual(['Hello.', 'temperature 1 → 1.3']);
    const again = badly(['finish-recitation', 'finish-recitation']);
    const error = await again.runtime.settle(rejection(again.gemini.callLlm('Hi.')));
    expect(temperatures(again)).toEqual([undefined, 1.3]);
    expect(isGeminiError(error) && error.failure).toMatchObject({ reason: 'blocked-content', retryable: false });
    expect(isGeminiError(error) && error.attempts).toMatchObject([{}, { remedy: 'temperature 1 → 1.3' }]);
  });

  const finals: readonly (readonly [fault: ScriptStep, reason: string])[] = [
    ['finish-safety', 'blocked-content'],
    ['blocked-prompt', 'blocked-content'],
    ['finish-max-tokens-no-text', 'invalid-argument'],
  ];

  it.each(finals)('%s is sent once', async (fault, reason) => {
    const bench = badly([fault]);
    const error = await bench.runtime.settle(rejection(bench.gemini.callLlm('Hi.')));
    expect([bench.sent.length, isGeminiError(error) && error.failure.reason]).toEqual([1, reason]);
  });

  it('an allowance that thinking used up is told with what to raise', async () => {
    const bench = badly(['finish-max-tokens-no-text']);
    const error = await bench.runtime.settle(
      rejection(bench.gemini.callLlm('Hi.', { config: { maxOutputTokens: 9 } })),
    );
    expect(isGeminiError(error) && error.failure.advice).toContain(
      'raise maxOutputTokens, or lower the thinking budget',
    );
  });

  it.each(['finish-other', 'stop-no-parts', 'no-candidates'] as const)('after %s is as it was', async fault => {
    const bench = badly([fault]);
    const { attempts } = await bench.runtime.settle(bench.gemini.callLlm('Hi.'));
    expect([bench.sent[1], attempts[1]?.remedy]).toEqual([bench.sent[0], undefined]);
  });

  const switches: readonly (readonly [claim: string, client: object, call: object, changed: boolean])[] = [
    ['off for the client', { remedies: false }, {}, false],
    ['off for the call', {}, { remedies: false }, false],
    ['off for this reason', { remedies: { MALFORMED_FUNCTION_CALL: false } }, {}, false],
    ['off for another reason', {}, { remedies: { RECITATION: false } }, true],
    ['off for the client, on for the call', { remedies: false }, { remedies: true }, true],
    [
      'off for the client, this one on for the call',
      { remedies: false },
      { remedies: { MALFORMED_FUNCTION_CALL: true } },
      true,
    ],
  ];

  it.each(switches)('%s', async (_claim, client, call, changed) => {
    const bench = badly([malformed], client);
    await bench.runtime.settle(bench.gemini.callLlm('Hi.', call));
    expect(temperatures(bench)).toEqual([undefined, changed ? 0.5 : undefined]);
  });

  it.each([{ remedies: { RECITATION: false } }, { retry: { maxRetries: 0 } }])(
    'a recitation is final with %j',
    async call => {
      const bench = badly(['finish-recitation']);
      await bench.runtime.settle(rejection(bench.gemini.callLlm('Hi.', call)));
      expect(bench.sent).toHaveLength(1);
    },
  );

  it('begins anew where another model is asked', async () => {
    const bench = badly([malformed, '429-per-day', 'ok'], { fallbacks: ['gemini-flash-lite-latest'] });
    const { fallback, attempts } = await bench.runtime.settle(bench.gemini.callLlm('Hi.'));
    expect(fallback?.to).toBe('gemini-flash-lite-latest');
    expect(temperatures(bench)).toEqual([undefined, 0.5, undefined]);
    expect(attempts.map(({ remedy }) => remedy)).toEqual([undefined, 'temperature 1 → 0.5', undefined]);
  });

  it.each([
    [{ remedies: 'no' }, 'options.remedies is a text, but must be an object.'],
    [{ remedies: { SAFETY: true } }, 'options.remedies.SAFETY is no option'],
    [{ remedies: { RECITATION: 'no' } }, 'options.remedies.RECITATION is "no", but must be one of true, false.'],
  ])('%j is refused', async (call, message) => {
    const bench = badly([]);
    const error = await rejection(bench.gemini.callLlm('Hi.', call as object));
    expect(isGeminiError(error) && error.failure.message).toContain(message);
  });
});
