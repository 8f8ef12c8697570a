import { GoogleGenAI } from '@google/genai';
import { bulkhead, ConsecutiveBreaker, circuitBreaker, ExponentialBackoff, handleAll, retry, wrap } from 'cockatiel';
import { apiKey, type Setup } from '../contender.ts';

/** The usual stack, in the order of its documentation: each try passes the breaker, then the bulkhead. */
export const setup: Setup = ({ baseUrl, model }) => {
  const ai = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
  const policy = wrap(
    retry(handleAll, {
      maxAttempts: 10,
      backoff: new ExponentialBackoff({ initialDelay: 1_000, maxDelay: 60_000 }),
    }),
    circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
    bulkhead(10, Number.POSITIVE_INFINITY),
  );
  return async prompt => (await policy.execute(() => ai.models.generateContent({ model, contents: prompt }))).text;
};
