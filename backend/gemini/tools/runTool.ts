import type { FunctionCall } from '@google/genai';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import { wordsOf } from '../classification/safeRead.ts';
import { issuesInWords } from '../structured/issues.ts';
import type { ToolContext } from './tool.ts';
import type { Toolbox } from './toolbox.ts';
import type { ToolCall } from './toolResults.ts';

/** A tool's own error, on its way to whoever is to know of it. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';

  constructor(tool: string, cause: unknown) {
    super(`The tool ${JSON.stringify(tool)} failed: ${wordsOf(cause)}`, { cause });
  }
}

/** What one run of a tool is done with. */
export interface ToolRun {
  readonly toolbox: Toolbox;
  readonly runtime: AsyncRuntime;
  readonly signal: AbortSignal;
  readonly step: number;
}

/** How a call of a tool went, and what the model is told of it. */
export interface ToolEnd {
  readonly call: ToolCall;
  /** `output` or `error`, as the API reads them. */
  readonly response: Readonly<Record<string, unknown>>;
  /** Set where the tool itself failed. */
  readonly failure?: ToolFailure;
}

type Run =
  | { readonly args: unknown; readonly result: unknown; readonly output: unknown }
  | { readonly args: unknown; readonly refused: string }
  | { readonly args: unknown; readonly failure: ToolFailure };

/** What a tool gave, as JSON has it; nothing is null. @throws TypeError for what JSON cannot hold */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

async function run({ name = '', args = {}, id }: FunctionCall, { toolbox, signal, step }: ToolRun): Promise<Run> {
  const tool = toolbox.get(name);
  if (tool === undefined) {
    const known = [...toolbox.keys()].join(', ');
    return { args, refused: `There is no tool ${JSON.stringify(name)}. The tools are: ${known}.` };
  }
  try {
    const checked = tool.schema === undefined ? ({ ok: true, value: args } as const) : await tool.schema.check(args);
    if (!checked.ok) return { args, refused: `The arguments do not fit:\n${issuesInWords(checked.issues)}` };
    const context: ToolContext = { signal, step, callId: id };
    const result = await tool.execute(checked.value, context);
    return { args: checked.value, result, output: asJson(result) };
  } catch (error) {
    return { args, failure: new ToolFailure(name, error) };
  }
}

/** Runs a tool once. Never rejects. */
export async function runTool(asked: FunctionCall, options: ToolRun): Promise<ToolEnd> {
  const startedMs = options.runtime.now();
  const end = await run(asked, options);
  const durationMs = Math.round(options.runtime.now() - startedMs);
  const { name = '', id } = asked;
  const failure = 'failure' in end ? end.failure : undefined;
  const error = failure ? wordsOf(failure.cause) : 'refused' in end ? end.refused : undefined;
  const result = 'result' in end ? end.result : undefined;
  const call: ToolCall = { name, id, args: end.args, result, error, ran: !('refused' in end), durationMs };
  const response = 'output' in end ? { output: end.output } : { error };
  return failure === undefined ? { call, response } : { call, response, failure };
}
