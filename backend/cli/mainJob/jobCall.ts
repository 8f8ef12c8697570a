import type { CallableTool } from '@google/genai';
import type { GeminiCore } from '../../gemini/geminiCore.ts';

/** What came of a call, in words. */
export interface JobAnswer {
  readonly text: string;
  /** What is worth saying besides. */
  readonly remark?: string;
}

/** One call of the main job. */
export interface JobCall {
  /** At most seven letters, for the left column. */
  readonly name: string;
  /** What is asked for. */
  readonly kind: string;
  /** The prompt, by which the weather finds the call. */
  readonly prompt: string;
  /** How it must end: in an answer, or refused at once with one request and advice. */
  readonly must: 'answer' | 'be refused';
  run(gemini: GeminiCore): Promise<JobAnswer>;
}

type Given = Pick<JobCall, 'name' | 'prompt'> & Partial<Pick<JobCall, 'must'>> & { readonly model?: string };

/** A whole answer. */
export function wholeCall({ name, prompt, model, must = 'answer' }: Given): JobCall {
  const run: JobCall['run'] = async gemini => ({ text: (await gemini.callLlm(prompt, { model })).text });
  return { name, prompt, must, kind: 'callLlm', run };
}

/** An answer as it comes. */
export function streamedCall({ name, prompt, must = 'answer' }: Given): JobCall {
  const run: JobCall['run'] = async gemini => {
    let text = '';
    for await (const chunk of gemini.callLlmStream(prompt)) text += chunk.text;
    return { text };
  };
  return { name, prompt, must, kind: 'callLlmStream', run };
}

/** A text as a vector. */
export function vectorCall({ name, prompt, must = 'answer' }: Given): JobCall {
  const run: JobCall['run'] = async gemini => {
    const { embeddings } = await gemini.embed(prompt);
    return { text: `a vector of ${embeddings[0]?.length} numbers` };
  };
  return { name, prompt, must, kind: 'embed', run };
}

/** The tokens of a text. */
export function tokensCall({ name, prompt, must = 'answer' }: Given): JobCall {
  const run: JobCall['run'] = async gemini => {
    const { totalTokens } = await gemini.countTokens(prompt);
    return { text: `${totalTokens} tokens` };
  };
  return { name, prompt, must, kind: 'countTokens', run };
}

/** The weather of a town, which the model may ask for; counts how often it did. */
function weatherTool(): CallableTool & { readonly runs: () => number } {
  let runs = 0;
  const declaration = {
    name: 'weather_in',
    description: 'The present weather of a town.',
    parametersJsonSchema: { type: 'object', properties: { town: { type: 'string', enum: ['Lima'] } } },
  };
  return {
    runs: () => runs,
    tool: async () => ({ functionDeclarations: [declaration] }),
    callTool: async calls => {
      runs += 1;
      return calls.map(({ id, name = '' }) => {
        return { functionResponse: { ...(id !== undefined && { id }), name, response: { output: '19 degrees, fog' } } };
      });
    },
  };
}

/** A chat of the official client, through `gemini.sdk`, with a tool that it runs by itself between two requests. */
export function chatCall({ name, prompt, model = '', must = 'answer' }: Given): JobCall {
  const run: JobCall['run'] = async gemini => {
    const tool = weatherTool();
    const chat = gemini.sdk.chats.create({ model, config: { tools: [tool] } });
    const { text = '' } = await chat.sendMessage({ message: prompt });
    const times = tool.runs() === 1 ? 'once' : `${tool.runs()} times`;
    return { text, remark: `the tool ran ${times}` };
  };
  return { name, prompt, must, kind: 'sdk chat + tool', run };
}
