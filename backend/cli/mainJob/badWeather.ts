import type { Simulator, SimulatorOptions, Step } from '../../simulator/index.ts';
import { startSimulator } from '../../simulator/index.ts';
import { chatCall, type JobCall, streamedCall, tokensCall, vectorCall, wholeCall } from './jobCall.ts';

/** A call, what the simulator would answer to it in good weather, and the faults that hit its sendings, in order. */
interface Hit {
  readonly call: JobCall;
  /** Absent where the simulator answers by itself. */
  readonly answer?: string;
  /** The faults in words. */
  readonly story: string;
  readonly faults: readonly Step[];
}

/** Models of their own for the quotas that are spent: quotas are kept for each model. */
const modelOfSpentMinute = 'gemini-2.5-flash';
const modelOfSpentDay = 'gemini-2.5-pro';

const hits: readonly Hit[] = [
  {
    call: wholeCall({ name: 'haiku', prompt: 'Write a haiku about rain.', model: modelOfSpentMinute }),
    answer: 'Rain on the tin roof, every drop a word for sleep, the gutter reads on.',
    story: "the minute's quota is spent",
    faults: [{ fault: '429', retryDelayMs: 5_200 }],
  },
  {
    call: wholeCall({ name: 'river', prompt: 'Which river is the longest?' }),
    answer: 'The Nile and the Amazon both have good reasons to say so.',
    story: 'an overloaded model, twice',
    faults: [{ fault: '503', times: 2 }],
  },
  {
    call: wholeCall({ name: 'capital', prompt: 'What is the capital of Peru?' }),
    answer: 'Lima.',
    story: 'connections dropped before the answer, twice',
    faults: [{ fault: 'reset-before-headers' }, { fault: 'fin-before-headers' }],
  },
  {
    call: wholeCall({ name: 'primes', prompt: 'Name four prime numbers.' }),
    answer: '2, 3, 5 and 7.',
    story: 'the body is cut in the middle',
    faults: [{ fault: 'fin-mid-body' }],
  },
  {
    call: streamedCall({ name: 'salt', prompt: 'Is the sea salty? One word.' }),
    answer: 'Yes.',
    story: 'the stream is cut before its first words',
    faults: [{ fault: 'sse-truncated-event' }],
  },
  {
    call: streamedCall({ name: 'story', prompt: 'Tell a very short story.' }),
    answer: 'A letter came back unopened. Years later so did its writer, and the door stood open.',
    story: 'an error inside a 200, then one that states a wait',
    faults: [{ fault: 'sse-error-first' }, { fault: '503-retry-after', retryDelayMs: 3_000 }],
  },
  {
    call: chatCall({ name: 'weather', prompt: 'Ask weather_in about Lima.', model: 'gemini-flash-latest' }),
    // The request that brings the tool's result is the one that breaks.
    story: 'breaks after the tool has run',
    faults: [{ fault: 'ok' }, { fault: '503' }],
  },
  {
    call: vectorCall({ name: 'vector', prompt: 'a small stone in a wide river' }),
    story: 'an internal error',
    faults: [{ fault: '500' }],
  },
  {
    call: tokensCall({ name: 'tokens', prompt: 'How many tokens am I?' }),
    story: 'a gateway timeout',
    faults: [{ fault: '504' }],
  },
  {
    call: wholeCall({ name: 'spent', prompt: 'One more, please.', model: modelOfSpentDay, must: 'be refused' }),
    story: "the day's quota is spent: to be refused at once",
    faults: [{ fault: '429-per-day', times: Number.POSITIVE_INFINITY }],
  },
];

const answers: ReadonlyMap<string, string> = new Map(
  hits.flatMap(({ call, answer }) => (answer === undefined ? [] : [[call.prompt, answer]])),
);

/** Fails unless the call brings the whole answer that the simulator gave. */
function verified({ call, answer }: Hit): JobCall {
  const run: JobCall['run'] = async gemini => {
    const found = await call.run(gemini);
    if (answer !== undefined && found.text !== answer) throw new Error('The answer is not the one that was sent.');
    return found;
  };
  return { ...call, run };
}

/** The calls of the main job, each of which something will happen to. */
export const callsInBadWeather: readonly JobCall[] = hits.map(verified);

const options: SimulatorOptions = {
  answer: prompt => answers.get(prompt) ?? prompt,
  latencyMs: 120,
  chunkGapMs: 40,
  script: hits.flatMap(({ call, faults }) => faults.map(step => ({ ...step, when: { prompt: call.prompt } }))),
};

/** What happens to which call. */
export const forecast: readonly (readonly [name: string, story: string])[] = hits.map(({ call, story }) => [
  call.name,
  story,
]);

/** A simulator that does to each of these calls what is in store for it. */
export function startBadWeather(): Promise<Simulator> {
  return startSimulator(options);
}
