import { addHeaders, addReason, addText, type Collected, emptyCollection } from './collector.ts';
import { protoDurationMs } from './durations.ts';
import { violationOf, violationOfMetadata } from './quota.ts';
import { cut, isArray, isException, isObject, read, readItems, readString } from './safeRead.ts';
import { unwrap } from './unwrap.ts';
import { readStatuses } from './walkStatus.ts';

/** Bounds of the walk: an error is a chain of a few; whatever is larger was built to be. */
const mostNodes = 200;
const deepestCause = 16;
const mostItems = 25;

interface Visit {
  readonly value: unknown;
  /** Data that was sent, as opposed to an exception that was thrown. */
  readonly inBody: boolean;
  /** An entry of `details`, whose message is a translation or a stack, not the words of the error. */
  readonly isDetail: boolean;
}

/** Fields that hold the next layer, in the order of their reading: what is read later lies deeper and has the last word. */
const bodyFields = [
  'response',
  'rawResponse',
  'metadata',
  'raw',
  'data',
  'data$',
  'error',
  'body',
  'responseBody',
  'upstreamResponse',
  'message',
  'value',
  'result',
];
const causeFields = ['cause', 'lastError', 'originalError', 'innerError', 'reason', 'err'];

/** Goes through whatever was caught: layers of one exception first, then the next cause. Cycles are visited once. */
export function collect(error: unknown): Collected {
  const into = emptyCollection();
  const seen = new Set<object>();
  let level: Visit[] = [{ value: error, inBody: false, isDetail: false }];
  let nodesLeft = mostNodes;
  for (let depth = 0; depth < deepestCause && level.length > 0; depth += 1) {
    const causes: Visit[] = [];
    const known = { status: into.status, rpcStatus: into.rpcStatus, typeStatus: into.typeStatus };
    const stack = level.reverse();
    for (let visit = stack.pop(); visit !== undefined && nodesLeft > 0; visit = stack.pop()) {
      nodesLeft -= 1;
      const children = visitValue(into, visit, seen, causes);
      for (let index = children.length - 1; index >= 0; index -= 1) stack.push(children[index] as Visit);
    }
    // The outer exception's status stands: a cause may be of an earlier try.
    if (known.status !== undefined) Object.assign(into, known);
    level = causes;
  }
  return into;
}

function visitValue(into: Collected, visit: Visit, seen: Set<object>, causes: Visit[]): Visit[] {
  const { value } = visit;
  if (typeof value === 'string') return visitText(into, value, visit.inBody);
  if (!isObject(value) || seen.has(value)) return [];
  seen.add(value);
  if (isArray(value)) return readItems(value, mostItems).map(item => ({ ...visit, value: item }));
  return visitObject(into, value, visit, causes);
}

/** The server's words in an exception of gRPC, as Python prints it. */
const grpcDetails = /\bStatusCode\.[A-Z_]{2,30}\s{1,9}details = "([^\n]{1,1000})"(?:\n|$)/;

/**
 * A text: the JSON in it is the next layer, the rest is words. The words of a body that already gave its canonical status are
 * the server's own and may quote the user, so JSON is looked for in them only where they are nothing else.
 */
function visitText(into: Collected, whole: string, inBody: boolean): Visit[] {
  const text = cut(whole).slice(0, into.charactersLeft);
  into.charactersLeft -= text.length;
  const { values, rest } = unwrap(text, inBody && isFinal(into));
  addText(into, inBody ? 'bodyTexts' : 'exceptionTexts', rest);
  const details = inBody ? undefined : grpcDetails.exec(rest)?.[1];
  if (details !== undefined) addText(into, 'bodyTexts', details);
  return values.map(value => ({ value, inBody: true, isDetail: isDetailList(value) }));
}

/** Whether the words of a body may quote the user: a canonical name stands, or the kind says that the request was wrong. */
function isFinal({ rpcStatus, typeStatus }: Collected): boolean {
  return rpcStatus !== undefined || typeStatus === 'INVALID_ARGUMENT';
}

function isDetailList(value: unknown): boolean {
  const [first] = readItems(value, 1);
  return isObject(first) && readString(first, '@type') !== undefined;
}

function visitObject(into: Collected, node: object, visit: Visit, causes: Visit[]): Visit[] {
  readMarks(into, node);
  if (visit.isDetail) return [];
  const inBody = visit.inBody || !isException(node);
  const name = readString(node, 'name')?.slice(0, 100);
  if (name !== undefined) into.names.push(name);
  readStatuses(into, node);
  const children = wordsOf(into, node, inBody);
  if (name !== undefined && holdsModelOutput.includes(name)) return children;
  for (const field of ['headers', 'responseHeaders']) {
    const headers = read(node, field);
    if (isObject(headers)) addHeaders(into, headers);
  }
  gatherLayers(into, node, inBody, children);
  gatherCauses(node, inBody, children, causes);
  return children;
}

/** Beneath these lies what the model said, which may look like an error or a result and is neither. */
const holdsModelOutput: readonly string[] = ['AI_NoObjectGeneratedError'];

function gatherLayers(into: Collected, node: object, inBody: boolean, children: Visit[]): void {
  for (const field of bodyFields) {
    const child = read(node, field);
    if (field === 'error' && inBody && child !== undefined && child !== null) into.hasErrorBody = true;
    if (isObject(child)) children.push({ value: child, inBody: inBody || field !== 'error', isDetail: false });
    // A name without spaces ("invalid_grant") was read as a code; it is still the only word there is.
    else if (typeof child === 'string' && field !== 'result' && field !== 'message')
      children.push({ value: child, inBody: true, isDetail: false });
  }
  for (const field of ['details', 'errorDetails']) {
    for (const detail of readItems(read(node, field), mostItems)) {
      children.push({ value: detail, inBody: true, isDetail: true });
    }
  }
}

/** The words of a node; those of a text field may be JSON once more. */
function wordsOf(into: Collected, node: object, inBody: boolean): Visit[] {
  const children: Visit[] = [];
  for (const field of ['message', 'error_description', 'detail', 'statusText', 'error_message', 'description']) {
    const words = readString(node, field);
    // A body's description describes a link; an exception's, what went wrong.
    if (words === undefined || (field === 'description' && inBody)) continue;
    if (field === 'statusText') {
      // A reason phrase counts only where it is all there is.
      if (children.length === 0) addText(into, 'exceptionTexts', words);
    } else children.push({ value: words, inBody, isDetail: false });
  }
  const details = readString(node, 'details');
  if (details !== undefined) children.push({ value: details, inBody: true, isDetail: false });
  return children;
}

/** Reasons, quota violations, stated waits and results: marks that mean the same wherever they stand. */
function readMarks(into: Collected, node: object): void {
  const reason = readString(node, 'reason');
  if (reason !== undefined) {
    if (/\s/.test(reason)) addText(into, 'bodyTexts', reason);
    else addReason(into, reason);
  }
  const metadata = read(node, 'metadata');
  if (isObject(metadata)) {
    const found = violationOfMetadata(metadata);
    if (found !== undefined) into.quota.push(found);
    into.resetDelayMs ??= protoDurationMs(read(metadata, 'quotaResetDelay'));
  }
  for (const entry of readItems(read(node, 'violations'), mostItems)) {
    const found = violationOf(entry);
    if (found !== undefined) into.quota.push(found);
  }
  for (const field of ['fieldViolations', 'field_violations']) {
    for (const entry of readItems(read(node, field), mostItems)) {
      const words = isObject(entry) ? readString(entry, 'description') : undefined;
      if (words !== undefined) addText(into, 'hintTexts', words);
    }
  }
  if (readItems(read(node, 'raiMediaFilteredReasons'), 1).length > 0) addReason(into, 'RAI_MEDIA_FILTERED');
  into.retryInfoMs ??= protoDurationMs(read(node, 'retryDelay') ?? read(node, 'retry_delay'));
  if (isObject(read(node, 'promptFeedback')) || isArray(read(node, 'candidates'))) into.results.push(node);
}

function gatherCauses(node: object, inBody: boolean, children: Visit[], causes: Visit[]): void {
  for (const field of causeFields) {
    const cause = read(node, field);
    if (isObject(cause)) causes.push({ value: cause, inBody: false, isDetail: false });
    else if (typeof cause === 'string' && field === 'cause')
      causes.push({ value: cause, inBody: false, isDetail: false });
  }
  // The last of several tries is what counts; the others are read where there is no such field.
  if (isObject(read(node, 'lastError'))) return;
  for (const entry of readItems(read(node, 'errors'), mostItems)) {
    if (inBody) children.push({ value: entry, inBody: true, isDetail: false });
    else causes.push({ value: entry, inBody: false, isDetail: false });
  }
}
