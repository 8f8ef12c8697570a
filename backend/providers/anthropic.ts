import type { StreamSign } from '../resilience/streamSign.ts';
import { readAt } from './classification/caughtChain.ts';
import { statusIs } from './classification/rules.ts';
import { providerOf } from './providerOf.ts';
import { anthropicQuotas } from './rateLimitHeaders.ts';
import { repeatableRequest } from './repeatableRequest.ts';
import { isErrorEvent, parsedEvent } from './streamSigns.ts';

const openings: ReadonlySet<unknown> = new Set(['message_start', 'content_block_start', 'ping']);

/** The events of a message: what comes before the first delta is not seen by anybody. */
function readEvent(data: string): StreamSign {
  const event = parsedEvent(data);
  const type = readAt(event, 'type');
  if (openings.has(type)) return 'opening';
  if (type === 'message_stop') return 'end';
  return isErrorEvent(event) ? 'error' : 'content';
}

/** Anthropic's Messages API. An overload comes as 529, and in the middle of a stream as an event. */
export const anthropic = providerOf({
  name: 'anthropic',
  rules: [
    statusIs(
      'usage-limit',
      'quota-billing',
      [400, 429],
      /reached your specified (?:workspace )?API usage limits|credit balance is too low|extra usage/i,
    ),
  ],
  quotasIn: anthropicQuotas,
  repeatable: repeatableRequest(/\/(?:messages|complete)\/?$/),
  readEvent,
  marksEnd: true,
});
