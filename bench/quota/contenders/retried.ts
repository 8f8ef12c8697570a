import { GoogleGenAI } from '@google/genai';
import pRetry from 'p-retry';
import { apiKey, type Setup } from '../contender.ts';

/** What most people write. */
export const setup: Setup = ({ baseUrl, model }) => {
  const ai = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
  const retry = { retries: 10, factor: 2, minTimeout: 1_000, maxTimeout: 60_000, randomize: true };
  return async prompt => (await pRetry(() => ai.models.generateContent({ model, contents: prompt }), retry)).text;
};
