import { statusIs } from './classification/rules.ts';
import { providerOf } from './providerOf.ts';

/** Only what reads is certain to leave nothing behind: an agent keeps its session, and its tools may act. */
const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Lyzr's agent API: plain HTTP, errors in `detail`. A message whose answer got lost is not sent twice. */
export const lyzr = providerOf({
  name: 'lyzr',
  rules: [
    statusIs('credits', 'quota-billing', [402, 403, 429], /credit/i),
    statusIs('key', 'key-invalid', [403], /api[- ]?key/i),
  ],
  advice: { 'not-found': 'Check the id of the agent, and that it belongs to this key.' },
  repeatable: method => reading.has(method),
});
