/** Listing, reading and deleting what was created: the same for files, caches, batches and interactions. */

import { type Answer, errorAnswer, jsonAnswer } from '../answer.ts';
import type { SimulatedRequest } from '../request.ts';
import type { ServiceState } from './state.ts';

/** One page of a list; the page token is the place where the next page starts. */
export function pageOf<T>(
  items: readonly T[],
  query: URLSearchParams,
): { page: readonly T[]; next: string | undefined } {
  const start = Number(query.get('pageToken') ?? 0) || 0;
  const size = Math.max(1, Number(query.get('pageSize') ?? 50) || 50);
  const end = start + size;
  return { page: items.slice(start, end), next: end < items.length ? String(end) : undefined };
}

/** Lists everything stored under `collection/`, in the field `field`. */
export function listStored(
  state: ServiceState,
  request: SimulatedRequest,
  [collection, field]: readonly [string, string],
): Answer {
  const all = [...state.stored].filter(([name]) => name.startsWith(`${collection}/`)).map(([, value]) => value);
  const { page, next } = pageOf(all, request.query);
  return jsonAnswer({ [field]: page, ...(next === undefined ? {} : { nextPageToken: next }) });
}

/** The service's words for a thing that is not there. */
export function notFound(request: SimulatedRequest): Answer {
  const id = request.resource.split('/')[1] ?? '';
  if (request.operation.startsWith('caches.')) {
    return errorAnswer(403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)');
  }
  if (request.operation.startsWith('files.')) {
    return errorAnswer(
      403,
      'PERMISSION_DENIED',
      `You do not have permission to access the File ${id} or it may not exist.`,
    );
  }
  return errorAnswer(404, 'NOT_FOUND', 'Requested entity was not found.');
}

/** Reads one stored thing. */
export function getStored(state: ServiceState, request: SimulatedRequest): Answer {
  const found = state.stored.get(request.resource);
  return found === undefined ? notFound(request) : jsonAnswer(found);
}

/** Deletes one stored thing; a second time finds nothing. */
export function deleteStored(state: ServiceState, request: SimulatedRequest): Answer {
  state.fileBytes.delete(request.resource);
  return state.stored.delete(request.resource) ? jsonAnswer({}) : notFound(request);
}
