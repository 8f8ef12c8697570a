import { emit } from '../../resilience/emit.ts';
import { type FallbackStep, fallback, type Untargetable } from '../../resilience/fallback.ts';
import type { Call, Exchange, Policy } from '../../resilience/policy.ts';
import { type RetargetTo, retarget } from '../retarget/retarget.ts';
import type { GeminiCall } from './geminiCall.ts';
import { httpExchange } from './httpExchange.ts';
import { seamExchange, sendingOf } from './seamExchange.ts';
import { type SeamOptions, unsent } from './sendOnce.ts';

/** The same request for another target, or why it cannot go there. */
function retargeted(client: SeamOptions, exchange: Exchange, to: RetargetTo, from: RetargetTo | undefined) {
  const sending = sendingOf(exchange);
  if (sending === undefined || sending.http.isRequest)
    return { refused: 'operation', message: 'Only requests of this API can be sent elsewhere.' };
  const { url, method, headers } = sending.http;
  const facts = { url, method, headers: Object.fromEntries(headers), body: sending.body ?? '' };
  const result = retarget(facts, to, from?.model);
  if ('refused' in result) return result;
  const { request } = result;
  const init = { method, headers: new Headers(request.headers), body: request.body };
  const http = httpExchange(request.url, init);
  // Another key is another project's quota, although the address is the same.
  const key = to.apiKey === undefined ? '' : ` key ${client.fallbacks.findIndex(({ to: one }) => one === to)}`;
  const target = { ...http.target, scope: http.target.scope && `${http.target.scope}${key}` };
  return seamExchange({ ...sending, http, body: request.body, ...unsent }, target);
}

/** Tells the listener, and the call, whose result says who answered. */
function note({ type, exchange, from, to, because }: FallbackStep, call: Call): void {
  emit(call, { type, exchange, from, to, because });
  if (type === 'fallback') (call as GeminiCall).fellBack = { from, to, because };
}

/** Sends what fails for good to the client's other targets; undefined where it has none. */
export function elsewhere(client: SeamOptions): Policy | undefined {
  const targets = client.fallbacks;
  if (targets.length === 0) return undefined;
  return fallback<RetargetTo>({
    targets,
    // Exchanges of the seam are those of responses.
    retargeted: <T>(exchange: Exchange<T>, to: RetargetTo, from: RetargetTo | undefined) =>
      retargeted(client, exchange, to, from) as Exchange<T> | Untargetable,
    onStep: note,
  });
}
