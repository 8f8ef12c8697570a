/** Things of which nothing is known but that they are created, listed, read, changed and deleted: agents, webhooks, tuned models, … */

import { type Answer, errorAnswer, jsonAnswer } from '../answer.ts';
import type { SimulatedRequest } from '../request.ts';
import { freshId, type ServiceState, timestamp } from './state.ts';
import { pageOf } from './stored.ts';

const gone = (): Answer => errorAnswer(404, 'NOT_FOUND', 'Requested entity was not found.');

/** Creates one of a collection: what was sent, with a name. */
export function createResource(state: ServiceState, { body, resource }: SimulatedRequest): Answer {
  const id = freshId(state);
  const name = `${resource}/${id}`;
  const created = { ...body, id, name, createTime: timestamp(state) };
  state.stored.set(name, created);
  return jsonAnswer(created);
}

/** Lists a collection, in a field of its last name. */
export function listResources(state: ServiceState, { resource, query }: SimulatedRequest): Answer {
  const isMember = (name: string): boolean =>
    name.startsWith(`${resource}/`) && !name.slice(resource.length + 1).includes('/');
  const all = [...state.stored].filter(([name]) => isMember(name)).map(([, value]) => value);
  const { page, next } = pageOf(all, query);
  const field = resource.split('/').at(-1) ?? '';
  return jsonAnswer({ [field]: page, ...(next !== undefined && { nextPageToken: next }) });
}

/** Reads one. */
export function getResource(state: ServiceState, { resource }: SimulatedRequest): Answer {
  const found = state.stored.get(resource);
  return found === undefined ? gone() : jsonAnswer(found);
}

/** Lays what was sent over what there is. */
export function updateResource(state: ServiceState, { resource, body }: SimulatedRequest): Answer {
  const found = state.stored.get(resource);
  if (found === undefined) return gone();
  state.stored.set(resource, { ...found, ...body });
  return jsonAnswer({ ...found, ...body });
}

/** Deletes one; a second time finds nothing. */
export function deleteResource(state: ServiceState, { resource }: SimulatedRequest): Answer {
  return state.stored.delete(resource) ? jsonAnswer({}) : gone();
}

/** A verb: nothing happens but that it is answered. */
export function actOnResource(): Answer {
  return jsonAnswer({});
}
