/** A 200 that is none, and redirects. */

import { jsonPlan, type Plan, wholePlan } from '../plan.ts';
import { redirectedPromptParameter, redirectParameter } from '../request.ts';
import type { Fault, FaultContext } from './fault.ts';

/** Longer prompts are cut in the address of a redirect. */
const mostPromptCharacters = 500;

function answers(work: Fault['work'], instead: (context: FaultContext) => Plan): Fault {
  return { work, on: 'any', instead };
}

function redirect(status: number, target: 'ok' | 'loop'): (context: FaultContext) => Plan {
  return ({ request }) => {
    const query = new URLSearchParams(request.query);
    query.delete('key');
    if (status === 302) query.delete('alt');
    query.set(redirectParameter, target);
    if (status === 302) query.set(redirectedPromptParameter, request.prompt.slice(0, mostPromptCharacters));
    return wholePlan(status, { location: `${request.path}?${query}`, 'content-type': 'text/plain' }, 'moved');
  };
}

const json = { 'content-type': 'application/json; charset=UTF-8' };
const overloaded = {
  error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' },
};

/** Successes by their status, failures by their content; and the four redirects. */
export const bodyFaults = {
  '200-invalid-json': answers('done', () => wholePlan(200, json, '{"candidates":[{"content":{"parts":[{"text":"hel')),
  '200-empty': answers('done', () => wholePlan(200, json, '')),
  '204': answers('done', () => wholePlan(204, {}, '')),
  '200-html': answers('none', () =>
    wholePlan(200, { 'content-type': 'text/html; charset=UTF-8' }, '<!doctype html><html><body>Sign in</body></html>'),
  ),
  '200-error-body': answers('none', () => jsonPlan(200, overloaded)),
  '200-null': answers('done', () => wholePlan(200, json, 'null')),
  '200-json-array': answers('none', () => jsonPlan(200, [overloaded])),
  /** Followed as GET, so that what comes back is whole and no stream. */
  '302-to-ok': answers('none', redirect(302, 'ok')),
  '307-to-ok': answers('none', redirect(307, 'ok')),
  '302-loop': answers('none', redirect(302, 'loop')),
  '302-no-location': answers('none', () => wholePlan(302, { 'content-type': 'text/plain' }, 'moved')),
} as const satisfies Readonly<Record<string, Fault>>;
