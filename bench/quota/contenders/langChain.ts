import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { apiKey, type Setup } from '../contender.ts';

/** As it comes: six retries. */
export const setup: Setup = ({ baseUrl, model }) => {
  const chat = new ChatGoogleGenerativeAI({ apiKey, baseUrl, model });
  return async prompt => (await chat.invoke(prompt)).text;
};
