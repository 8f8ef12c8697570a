/** Error answers: a status and a body, as Google, its front ends and proxies send them. */

import { jsonPlan, type Plan, wholePlan } from '../plan.ts';
import type { Fault, FaultContext, Work } from './fault.ts';

type Headers = Readonly<Record<string, string>>;

function answers(work: Work, instead: (context: FaultContext) => Plan): Fault {
  return { work, on: 'any', instead };
}

/** An error of google.rpc. A stream that was not asked for as events gets it inside an array, as on the real service. */
function rpc(
  status: number,
  rpcStatus: string,
  message: string | ((context: FaultContext) => string),
  details?: readonly unknown[],
): (context: FaultContext) => Plan {
  return context => {
    const text = typeof message === 'string' ? message : message(context);
    const error = { code: status, message: text, status: rpcStatus, ...(details === undefined ? {} : { details }) };
    const { operation, sse } = context.request;
    return jsonPlan(status, operation === 'streamGenerateContent' && !sse ? [{ error }] : { error });
  };
}

function body(status: number, headers: Headers, text: string): () => Plan {
  return () => wholePlan(status, headers, text);
}

function errorInfo(reason: string): readonly unknown[] {
  return [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason,
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
  ];
}

const html = { 'content-type': 'text/html; charset=UTF-8' };
const json = { 'content-type': 'application/json; charset=UTF-8' };
const overloaded = 'The model is overloaded. Please try again later.';
const internal =
  'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting';
const page502 =
  '<html><head><title>502 Server Error</title></head><body><h1>Error: Server Error</h1><h2>The server encountered a temporary error. Please try again in 30 seconds.</h2></body></html>';
const page413 =
  '<!DOCTYPE html><html lang=en><title>Error 413 (Request Entity Too Large)!!1</title><p><b>413.</b> <ins>That’s an error.</ins>';
const invalidKey = 'API key not valid. Please pass a valid API key.';
const noKey =
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
const noCredentials =
  'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
const noModel = ({ request }: FaultContext): string =>
  `models/${request.model} is not found for API version ${request.apiVersion || 'v1'}, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`;

function retryAfter(context: FaultContext): Plan {
  const seconds = Math.ceil((context.parameters.retryDelayMs ?? 7000) / 1000);
  const error = { code: 503, message: overloaded, status: 'UNAVAILABLE' };
  return jsonPlan(503, { error }, { 'retry-after': String(seconds) });
}

/** 4xx but 429, and 5xx, by the status and, where it has several, by what is special about the body. */
export const statusFaults = {
  '400': answers(
    'none',
    rpc(400, 'INVALID_ARGUMENT', '* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n'),
  ),
  '400-key-invalid': answers('none', rpc(400, 'INVALID_ARGUMENT', invalidKey, errorInfo('API_KEY_INVALID'))),
  '400-region': answers('none', rpc(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')),
  '401': answers('none', rpc(401, 'UNAUTHENTICATED', noCredentials)),
  '401-token-expired': answers('none', rpc(401, 'UNAUTHENTICATED', noCredentials, errorInfo('ACCESS_TOKEN_EXPIRED'))),
  '403': answers('none', rpc(403, 'PERMISSION_DENIED', 'The caller does not have permission')),
  '403-no-key': answers('none', rpc(403, 'PERMISSION_DENIED', noKey)),
  '404': answers('none', rpc(404, 'NOT_FOUND', noModel)),
  '408': answers('maybe', rpc(408, 'DEADLINE_EXCEEDED', 'Request timeout.')),
  '409': answers('none', rpc(409, 'ABORTED', 'The operation was aborted.')),
  '413-html': answers('none', body(413, html, page413)),
  '499': answers('maybe', rpc(499, 'CANCELLED', 'The operation was cancelled.')),
  '500': answers('maybe', rpc(500, 'INTERNAL', internal)),
  '502-html': answers('maybe', body(502, html, page502)),
  '503': answers('none', rpc(503, 'UNAVAILABLE', overloaded)),
  '503-retry-after': answers('none', retryAfter),
  '503-json-empty': answers('none', body(503, json, '')),
  '503-json-html': answers('none', body(503, json, '<html>upstream connect error</html>')),
  '503-json-array': answers('none', () =>
    jsonPlan(503, [{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }]),
  ),
  '503-no-content-type': answers('none', body(503, {}, 'upstream connect error or disconnect/reset before headers')),
  '503-sse-content-type': answers('none', () =>
    jsonPlan(
      503,
      { error: { code: 503, message: overloaded, status: 'UNAVAILABLE' } },
      { 'content-type': 'text/event-stream' },
    ),
  ),
  '504': answers('maybe', rpc(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.')),
  '529': answers('none', () =>
    jsonPlan(529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  ),
} as const satisfies Readonly<Record<string, Fault>>;
