/** The simulated service in good health: an answer for every operation. */

import { type Answer, errorAnswer } from '../answer.ts';
import type { SimulatedRequest } from '../request.ts';
import type { Operation } from '../route.ts';
import { cancelBatch, createBatch, createCache, createInteraction } from './creations.ts';
import { batchEmbedContents, countTokens, embedContent, predict } from './embed.ts';
import { continueUpload, downloadFile, getFile, startUpload } from './files.ts';
import { generate } from './generate.ts';
import { getModel, listModels, modelExists, modelNotFound } from './models.ts';
import {
  actOnResource,
  createResource,
  deleteResource,
  getResource,
  listResources,
  updateResource,
} from './resources.ts';
import type { ServiceState } from './state.ts';
import { deleteStored, getStored, listStored } from './stored.ts';

type Handler = (state: ServiceState, request: SimulatedRequest) => Answer;

const handlers: Readonly<Record<Operation, Handler>> = {
  generateContent: generate,
  streamGenerateContent: generate,
  countTokens,
  embedContent,
  batchEmbedContents,
  predict,
  'models.list': listModels,
  'models.get': getModel,
  'files.start': startUpload,
  'files.upload': continueUpload,
  'files.list': (state, request) => listStored(state, request, ['files', 'files']),
  'files.get': getFile,
  'files.delete': deleteStored,
  'files.download': downloadFile,
  'caches.create': createCache,
  'caches.list': (state, request) => listStored(state, request, ['cachedContents', 'cachedContents']),
  'caches.get': getStored,
  'caches.delete': deleteStored,
  'batches.create': createBatch,
  'batches.list': (state, request) => listStored(state, request, ['batches', 'operations']),
  'batches.get': getStored,
  'batches.cancel': cancelBatch,
  'batches.delete': deleteStored,
  'interactions.create': createInteraction,
  'interactions.get': getStored,
  // What becomes of the connection is said in its messages.
  'live.connect': () => ({
    status: 101,
    headers: {},
    content: { kind: 'chunks', chunks: [], framing: 'json' },
    outputTokens: 0,
  }),
  'resources.create': createResource,
  'resources.list': listResources,
  'resources.get': getResource,
  'resources.update': updateResource,
  'resources.delete': deleteResource,
  'resources.act': actOnResource,
  unknown: () => errorAnswer(404, 'NOT_FOUND', 'Requested entity was not found.'),
};

/** Does the work of the request, as a healthy service would. */
export function serve(state: ServiceState, request: SimulatedRequest): Answer {
  return modelExists(state, request.model) ? handlers[request.operation](state, request) : modelNotFound(request);
}
