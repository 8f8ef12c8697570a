import { FunctionCallingConfigMode, type GenerateContentConfig } from '@google/genai';
import { checkNumber, checkOneOf, OptionError, show } from '../../resilience/optionError.ts';
import {
  checkModelCall,
  type LlmOptions,
  type LlmParameters,
  type LlmRequest,
  llmParameters,
} from '../callSettings.ts';
import { readTools, type Toolbox } from './toolbox.ts';

/** Settings of one question that the model may use tools for. */
export interface ToolOptions extends LlmOptions {
  /** How many requests to the model the answer may take: an integer from 1 to 100. @default 10 */
  readonly maxSteps?: number | undefined;
  /** What a tool's error does: the model is told, or the call fails with it. @default 'report' */
  readonly onToolError?: 'report' | 'throw' | undefined;
  /** Whether the model has to call a tool. `ANY` holds for the first request alone: it would never answer else. @default the API's: AUTO */
  readonly toolMode?: 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED' | undefined;
  /** The names of the tools that the model is offered. @default all */
  readonly allowedTools?: readonly string[] | undefined;
}

/** Names of the options beside those of every question. */
const toolKeys = ['maxSteps', 'onToolError', 'toolMode', 'allowedTools'] as const;

const defaultMaxSteps = 10;
const steps = { min: 1, max: 100, integer: true } as const;
const modes = ['AUTO', 'ANY', 'NONE', 'VALIDATED'] as const;

/** A question, checked: what is sent, and the tools. */
export interface ToolQuestion {
  readonly parameters: LlmParameters;
  readonly toolbox: Toolbox;
  readonly maxSteps: number;
  readonly onToolError: 'report' | 'throw';
  /** The settings of the first request, and of each after it. */
  readonly configAt: (step: number) => GenerateContentConfig;
}

function offered(toolbox: Toolbox, allowed: ToolOptions['allowedTools']): Toolbox {
  if (allowed === undefined) return toolbox;
  if (!Array.isArray(allowed) || allowed.length === 0)
    throw new OptionError('options.allowedTools', show(allowed), 'a list of names of tools');
  return new Map(
    allowed.map((name: string, index) => {
      const tool = toolbox.get(name);
      const field = `options.allowedTools[${index}]`;
      if (tool === undefined)
        throw new OptionError(field, show(name), `one of ${[...toolbox.keys()].map(show).join(', ')}`);
      return [name, tool];
    }),
  );
}

/** Tools of the API's own may stand beside these; functions that the official client runs by itself may not. */
function checkOthers({ tools = [], toolConfig }: GenerateContentConfig): void {
  for (const [index, tool] of tools.entries()) {
    if ('callTool' in tool || ('functionDeclarations' in tool && tool.functionDeclarations?.length))
      throw new OptionError(`config.tools[${index}]`, 'a function', 'given with the tools of this call');
  }
  if (toolConfig?.functionCallingConfig !== undefined)
    throw new OptionError(
      'config.toolConfig.functionCallingConfig',
      'given',
      'left out: use toolMode and allowedTools',
    );
}

function configWith(given: GenerateContentConfig, toolbox: Toolbox, toolMode: ToolOptions['toolMode']) {
  const functionDeclarations = [...toolbox.values()].map(({ declaration }) => declaration);
  const tools = [...(given.tools ?? []), { functionDeclarations }];
  return (step: number): GenerateContentConfig => {
    const mode = toolMode === 'ANY' && step > 1 ? 'AUTO' : toolMode;
    if (mode === undefined) return { ...given, tools };
    const functionCallingConfig = { mode: FunctionCallingConfigMode[mode] };
    return { ...given, tools, toolConfig: { ...given.toolConfig, functionCallingConfig } };
  };
}

/**
 * Checks a question that tools may be used for.
 * @throws OptionError, SchemaRefused with the place in a tool's schema
 */
export function toolQuestion(
  request: LlmRequest,
  tools: unknown,
  options: ToolOptions,
  defaultModel: string,
): ToolQuestion {
  checkModelCall(options, toolKeys);
  const { maxSteps = defaultMaxSteps, onToolError = 'report', toolMode, allowedTools } = options;
  checkNumber('options.maxSteps', maxSteps, steps);
  checkOneOf('options.onToolError', onToolError, ['report', 'throw'] as const);
  if (toolMode !== undefined) checkOneOf('options.toolMode', toolMode, modes);
  const parameters = llmParameters(request, options, defaultModel);
  checkOthers(parameters.config);
  const toolbox = offered(readTools(tools), allowedTools);
  return { parameters, toolbox, maxSteps, onToolError, configAt: configWith(parameters.config, toolbox, toolMode) };
}
