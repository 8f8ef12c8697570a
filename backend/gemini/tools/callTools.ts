import type { ModelClient } from '../asking.ts';
import type { LlmRequest } from '../callSettings.ts';
import { answer } from '../doors/methodDoor.ts';
import { refusing } from '../settings/optionFailure.ts';
import { toolLoop } from './toolLoop.ts';
import { type ToolOptions, toolQuestion } from './toolQuestion.ts';
import type { ToolsResult } from './toolResults.ts';

/** A question that tools may be used for, as the caller put it. */
export interface ToolsRequest {
  readonly request: LlmRequest;
  readonly tools: unknown;
  readonly options: ToolOptions;
}

/**
 * Asks the model, which may use tools.
 * @throws GeminiError, or the signal's own reason where the caller aborted
 */
export async function callLlmWithTools(model: ModelClient, asked: ToolsRequest): Promise<ToolsResult> {
  const { request, tools, options } = asked;
  const question = refusing(() => toolQuestion(request, tools, options, model.defaultModel));
  const { maxSteps: _steps, onToolError: _error, toolMode: _mode, allowedTools: _tools, ...callOptions } = options;
  const asking = model.begin('generateContent', callOptions, question.parameters);
  const running = new AbortController();
  const { signal } = running;
  try {
    return await answer(asking.call, {
      work: () => toolLoop({ ...asking, question, signal }),
      shape: result => result,
      runsTools: true,
    });
  } catch (error) {
    // Whatever ended the call ends the tools that still run.
    running.abort(error);
    throw error;
  }
}
