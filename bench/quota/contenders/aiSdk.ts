import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { generateText } from 'ai';
import { apiKey, type Setup } from '../contender.ts';

/** Its own retries: 2 s, doubling, or what a Retry-After header says. */
export const setup: Setup = ({ baseUrl, model }) => {
  const google = createGoogleGenerativeAI({ apiKey, baseURL: `${baseUrl}/v1beta` });
  return async prompt => (await generateText({ model: google(model), prompt, maxRetries: 5 })).text;
};
