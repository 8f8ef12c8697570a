import { ApiError, GoogleGenAI } from '@google/genai';
import Bottleneck from 'bottleneck';
import { apiKey, type Given, type Setup } from '../contender.ts';

const mostRetries = 10;
const retried: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * More than a minute, because requests that left together do not arrive together: in compressed time the first burst, with all its
 * new connections, takes seconds to arrive, and in a rolling window what follows too closely is refused.
 */
const refreshMs = 63_000;

/** A limiter at the true limit of a minute; where there is none to know, only a bound on what is under way. */
function limiterOf({ scenario: { quotas } }: Given): Bottleneck {
  const perMinute = quotas.inputTokensPerMinute ?? quotas.requestsPerMinute;
  if (perMinute === undefined) return new Bottleneck({ maxConcurrent: 20 });
  return new Bottleneck({
    reservoir: perMinute,
    reservoirRefreshAmount: perMinute,
    reservoirRefreshInterval: refreshMs,
  });
}

/** The wait that RetryInfo states, in milliseconds. The official client has the body in the message. */
function statedWaitMs(error: ApiError): number | undefined {
  const seconds = /"retryDelay":\s*"([\d.]+)s"/.exec(error.message)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000 + 1_000;
}

const backoffMs = (retries: number): number => Math.min(60_000, 1_000 * 2 ** retries) * (0.5 + Math.random() / 2);

/** What someone who knows the matter writes by hand. */
export const setup: Setup = given => {
  const ai = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: given.baseUrl } });
  const limiter = limiterOf(given);
  return async prompt => {
    const weight = given.scenario.quotas.inputTokensPerMinute === undefined ? 1 : Math.ceil(prompt.length / 4);
    const send = () => ai.models.generateContent({ model: given.model, contents: prompt });
    for (let retries = 0; ; retries += 1) {
      try {
        return (await limiter.schedule({ weight }, send)).text;
      } catch (error) {
        const again = error instanceof TypeError || (error instanceof ApiError && retried.has(error.status));
        if (!again || retries === mostRetries) throw error;
        const waitMs = (error instanceof ApiError ? statedWaitMs(error) : undefined) ?? backoffMs(retries);
        await new Promise(resolve => setTimeout(resolve, waitMs));
      }
    }
  };
};
