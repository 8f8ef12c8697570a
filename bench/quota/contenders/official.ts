import { GoogleGenAI } from '@google/genai';
import { apiKey, type Setup } from '../contender.ts';

/** Its own retries: 1 s, doubling, at most 60 s, with jitter; 408, 429, 500, 502, 503 and 504. */
export const setup: Setup = ({ baseUrl, model }) => {
  const ai = new GoogleGenAI({ apiKey, httpOptions: { baseUrl, retryOptions: { attempts: 5 } } });
  return async prompt => (await ai.models.generateContent({ model, contents: prompt })).text;
};
