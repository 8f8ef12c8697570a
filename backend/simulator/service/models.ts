/** The list of models, in pages. */

import { type Answer, type Chunk, errorAnswer, jsonAnswer } from '../answer.ts';
import type { SimulatedRequest } from '../request.ts';
import type { ServiceState } from './state.ts';
import { pageOf } from './stored.ts';

const usualModels = [
  'gemini-2.5-flash',
  'gemini-2.5-flash-lite',
  'gemini-2.5-pro',
  'gemini-3-flash-preview',
  'gemini-3-pro-preview',
  'gemini-embedding-001',
];

function modelOf(name: string, vertex: boolean): Chunk {
  const embedding = name.includes('embedding');
  return {
    name: `${vertex ? 'publishers/google/' : ''}models/${name}`,
    version: '001',
    displayName: name,
    inputTokenLimit: embedding ? 2048 : 1_048_576,
    outputTokenLimit: embedding ? 1 : 65_536,
    supportedGenerationMethods: embedding
      ? ['embedContent', 'countTokens']
      : ['generateContent', 'countTokens', 'createCachedContent', 'batchGenerateContent'],
  };
}

/** The service's words for a model that does not exist. */
export function modelNotFound({ model, apiVersion }: SimulatedRequest): Answer {
  return errorAnswer(
    404,
    'NOT_FOUND',
    `models/${model} is not found for API version ${apiVersion || 'v1'}, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  );
}

/** Whether the model exists; every one does where the options name none. */
export function modelExists(state: ServiceState, model: string): boolean {
  return model === '' || state.options.models.length === 0 || state.options.models.includes(model);
}

/** `models.list`, fifty a page unless the request says otherwise. */
export function listModels(state: ServiceState, request: SimulatedRequest): Answer {
  const names = state.options.models.length === 0 ? usualModels : state.options.models;
  const { page, next } = pageOf(names, request.query);
  const field = request.vertex ? 'publisherModels' : 'models';
  const models = page.map(name => modelOf(name, request.vertex));
  return jsonAnswer({ [field]: models, ...(next === undefined ? {} : { nextPageToken: next }) });
}

/** `models.get`. */
export function getModel(_state: ServiceState, request: SimulatedRequest): Answer {
  return jsonAnswer(modelOf(request.model, request.vertex));
}
