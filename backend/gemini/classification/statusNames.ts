/** How the same outcome is named by HTTP, by google.rpc.Code, by gRPC's numbers and by the Interactions API. */

const httpByRpc: Readonly<Record<string, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** In the order of gRPC's numbers: index 1 is CANCELLED, 16 is UNAUTHENTICATED. */
const rpcByNumber = ['OK', ...Object.keys(httpByRpc)];

/** What the Interactions API, and services worded like it, write into `error.code`. */
const rpcByStringCode: Readonly<Record<string, string>> = {
  invalid_request: 'INVALID_ARGUMENT',
  invalid_request_error: 'INVALID_ARGUMENT',
  invalid_argument: 'INVALID_ARGUMENT',
  parameter_unknown: 'INVALID_ARGUMENT',
  out_of_range: 'OUT_OF_RANGE',
  payment_required: 'RESOURCE_EXHAUSTED',
  bad_request: 'INVALID_ARGUMENT',
  too_many_requests: 'RESOURCE_EXHAUSTED',
  rate_limit_exceeded: 'RESOURCE_EXHAUSTED',
  rate_limit_error: 'RESOURCE_EXHAUSTED',
  quota_exceeded: 'RESOURCE_EXHAUSTED',
  insufficient_quota: 'RESOURCE_EXHAUSTED',
  resource_exhausted: 'RESOURCE_EXHAUSTED',
  permission_denied: 'PERMISSION_DENIED',
  permission_error: 'PERMISSION_DENIED',
  forbidden: 'PERMISSION_DENIED',
  model_not_found: 'NOT_FOUND',
  not_found: 'NOT_FOUND',
  not_found_error: 'NOT_FOUND',
  failed_precondition: 'FAILED_PRECONDITION',
  unauthenticated: 'UNAUTHENTICATED',
  unauthorized: 'UNAUTHENTICATED',
  authentication: 'UNAUTHENTICATED',
  authentication_error: 'UNAUTHENTICATED',
  internal: 'INTERNAL',
  internal_error: 'INTERNAL',
  internal_server_error: 'INTERNAL',
  server_error: 'INTERNAL',
  api_error: 'INTERNAL',
  unavailable: 'UNAVAILABLE',
  service_unavailable: 'UNAVAILABLE',
  overloaded_error: 'UNAVAILABLE',
  deadline_exceeded: 'DEADLINE_EXCEEDED',
  gateway_timeout: 'DEADLINE_EXCEEDED',
  cancelled: 'CANCELLED',
  unimplemented: 'UNIMPLEMENTED',
  already_exists: 'ALREADY_EXISTS',
  conflict: 'ABORTED',
};

/** The canonical name, where the text is one (whatever its case, `Too Many Requests` is none). */
export function rpcStatusOf(name: string): string | undefined {
  if (Object.hasOwn(httpByRpc, name)) return name;
  const lower = name.toLowerCase();
  if (Object.hasOwn(rpcByStringCode, lower)) return rpcByStringCode[lower];
  return undefined;
}

/** The canonical name for a number of gRPC's; undefined for 0 and for numbers that mean nothing. */
export function rpcStatusOfNumber(code: number): string | undefined {
  return code > 0 ? rpcByNumber[code] : undefined;
}

/** The HTTP status that Google sends with a canonical name. */
export function httpStatusOf(rpcStatus: string): number | undefined {
  return httpByRpc[rpcStatus];
}

/** A canonical name standing as a word of its own in a text: `got status: UNAVAILABLE.`, `504 DEADLINE EXCEEDED`. */
const rpcWord =
  /(?:^|[^\w])(CANCELLED|INVALID_ARGUMENT|DEADLINE[_ ]EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|RESOURCE[_ ]EXHAUSTED|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS|UNAUTHENTICATED)(?!\w)/;

/** The first canonical name that stands in a text. */
export function rpcStatusInText(text: string): string | undefined {
  return rpcWord.exec(text)?.[1]?.replace(' ', '_');
}

/** The HTTP status as texts state it, most telling form first. */
const statusForms = [
  /got status:? (\d{3})\b/i,
  /\[(\d{3}) [A-Za-z\]]/,
  /`(\d{3}) [A-Z]/,
  /: (\d{3}) (?:\([A-Z]|None\.)/,
  /HTTP\/[\d.]{1,3} (\d{3})\b/,
  /\bstatus(?:[ _-]?code)?(?: is|:|=)? ?['"(]?(\d{3})\b/i,
  /\b(?:error|http|api error|response)(?:[ _-]?(?:code|error|status))?:? ?['"(]?(\d{3})(?![\d.])\b/i,
  /^\s*(?:[\w .]{0,60}(?:error|exception)s?[\w.]{0,40}: ?)?(\d{3})(?:[ :.,-]|$)/i,
  /^\s*\[[\w .]{1,60}\]:? (\d{3})[ :]/,
  /^\s*[A-Z][A-Za-z]{3,40}: (\d{3}) /,
  /\braised \w{1,40}: (\d{3}) /,
  /unexpected server response: (\d{3})\b/i,
  /\b(429|503) (?:Too Many Requests|Service Unavailable|Resource)/i,
  /<title>(?:Error )?(\d{3}) /i,
  /\b(\d{3}) status code \(no body\)/i,
  /\bstatus_code\W{1,3}(\d{3})\b/i,
];

/** The HTTP status that a text states, 300 to 599. */
export function httpStatusInText(text: string): number | undefined {
  for (const form of statusForms) {
    const status = Number(form.exec(text)?.[1]);
    if (status >= 300 && status <= 599) return status;
  }
  return undefined;
}
