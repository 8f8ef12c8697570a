import type { StreamSign } from '../resilience/streamSign.ts';
import { readAt } from './classification/caughtChain.ts';
import { kindIs, statusIs } from './classification/rules.ts';
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
    kindIs('spend-limit', 'quota-billing', 'enforced_spend_limit_reached', 'billing_error'),
    statusIs(
      'usage-limit',
      'quota-billing',
      [400],
      /reached your specified (?:workspace )?API usage limits|credit balance is too low/i,
    ),
    statusIs('prompt-too-long', 'context-too-long', [400, 413], /prompt is too long|exceed(?:s|ed)? (?:the )?context/i),
    kindIs('overloaded', 'overloaded', 'overloaded_error'),
    kindIs('rate-limit', 'quota-per-minute', 'rate_limit_error'),
    kindIs('key', 'key-invalid', 'authentication_error'),
    kindIs('permission', 'permission', 'permission_error'),
    statusIs('model', 'model-not-found', [404], /^model:/),
    kindIs('not-found', 'not-found', 'not_found_error'),
    kindIs('too-large', 'payload-too-large', 'request_too_large'),
    kindIs('timeout', 'deadline', 'timeout_error'),
    kindIs('conflict', 'resource-locked', 'conflict_error'),
    kindIs('invalid', 'invalid-argument', 'invalid_request_error'),
    kindIs('api-error', 'internal', 'api_error'),
  ],
  quotasIn: anthropicQuotas,
  repeatable: repeatableRequest(/\/(?:messages|complete)\/?$/),
  readEvent,
  marksEnd: true,
});
