import { GeminiCore } from '../../../backend/index.ts';
import { apiKey, type Setup } from '../contender.ts';

/** Nothing configured. */
export const setup: Setup = ({ baseUrl, model }) => {
  const gemini = new GeminiCore({ apiKey, httpOptions: { baseUrl } });
  return async prompt => (await gemini.callLlm({ model, contents: prompt })).text;
};
