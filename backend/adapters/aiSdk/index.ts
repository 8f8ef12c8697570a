/** The public surface of geminicore/ai-sdk: a middleware for language models of the AI SDK. */

export { type ModelFallback, type ResilientModelOptions, resilientModel } from './resilientModel.ts';
