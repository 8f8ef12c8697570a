/** The public surface of geminicore/ai-sdk: a middleware for language models of the AI SDK. */

export type { ModelFallback, ResilientModelOptions } from './modelOptions.ts';
export { resilientModel } from './resilientModel.ts';
