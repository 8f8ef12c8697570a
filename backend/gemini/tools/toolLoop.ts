import type { Content, GenerateContentResponse, Part } from '@google/genai';
import { emit } from '../../resilience/emit.ts';
import type { Asking } from '../asking.ts';
import { cutAtLimit } from '../classification/cutAtLimit.ts';
import { failureFrom } from '../classification/failureFrom.ts';
import { failureOfResult } from '../classification/resultRules.ts';
import { GeminiError, isGeminiError } from '../geminiError.ts';
import { type LlmResult, shape, usageInAll } from '../results.ts';
import type { GeminiCall } from '../seam/geminiCall.ts';
import { cleaner, masked } from '../seam/promptMask.ts';
import { turnsOf } from '../turns.ts';
import { runTool, type ToolEnd, type ToolFailure } from './runTool.ts';
import type { ToolQuestion } from './toolQuestion.ts';
import type { ToolStep, ToolsResult } from './toolResults.ts';

/** What one loop is run with. */
export interface ToolLoop extends Asking {
  readonly question: ToolQuestion;
  /** Ends the tools that are running. */
  readonly signal: AbortSignal;
}

/** A tool failed, and the caller wants to know. An error of ours inside it is the call's, as it is. */
function thrownBy(loop: ToolLoop, { message, name, cause }: ToolFailure, partialText: string): unknown {
  const { call, question, secrets } = loop;
  if (isGeminiError(cause)) return cause;
  const read = failureFrom({
    reason: 'client-bug',
    rule: 'tool-failed',
    evidence: name,
    message,
    // The model's answer that asked for the tool has come.
    delivery: 'ambiguous',
  });
  const failure = masked(read, cleaner(JSON.stringify(question.parameters.contents), secrets));
  const advice = 'The cause is the error of the tool.';
  return new GeminiError({ failure: { ...failure, advice }, attempts: call.attempts, cause, partialText });
}

function stepsSpent({ attempts }: GeminiCall, { maxSteps }: ToolQuestion, partialText: string): GeminiError {
  const failure = failureFrom({
    reason: 'client-config',
    rule: 'tool-steps-spent',
    evidence: `maxSteps ${maxSteps}`,
    message: `The model still asks for tools after ${maxSteps} requests.`,
    delivery: 'ambiguous',
  });
  const advice = 'Raise maxSteps, or make the tools answer more at once.';
  return new GeminiError({ failure: { ...failure, advice }, attempts, partialText });
}

/** An answer that was stopped, or cut at its limit of tokens, asks for nothing: what it wanted called may be half of it. */
function checkEnd({ call: { attempts } }: ToolLoop, { finishReason, text: partialText }: LlmResult): void {
  const isCut = finishReason === 'MAX_TOKENS';
  const failure = isCut ? cutAtLimit('a function call') : failureOfResult({ candidates: [{ finishReason }] });
  // What is repeated where it says nothing else, as OTHER, is no reason to drop what it does say.
  if (failure !== undefined && !failure.retryable) throw new GeminiError({ failure, attempts, partialText });
}

function tellEnd({ call }: ToolLoop, step: number, { call: ended, failure }: ToolEnd): void {
  if (call.listener === undefined) return;
  const outcome = failure !== undefined ? 'failure' : ended.ran ? 'success' : 'refused';
  emit(call, {
    type: 'tool-end',
    step,
    tool: ended.ran ? ended.name : 'unknown',
    durationMs: ended.durationMs,
    outcome,
  });
}

/** Runs what the model asked for, all at once. The answers are in the order of the questions. */
function runAll(loop: ToolLoop, step: number, { functionCalls, text }: LlmResult): Promise<ToolEnd[]> {
  const { call, question, signal } = loop;
  const { toolbox, onToolError } = question;
  return Promise.all(
    functionCalls.map(async one => {
      const end = await runTool(one, { toolbox, runtime: call.runtime, signal, step });
      signal.throwIfAborted();
      tellEnd(loop, step, end);
      if (end.failure !== undefined && onToolError === 'throw') throw thrownBy(loop, end.failure, text);
      return end;
    }),
  );
}

function answerPart({ call: { id, name }, response }: ToolEnd): Part {
  return { functionResponse: { ...(id !== undefined && { id }), name, response: { ...response } } };
}

/** The model's turn goes back as it came, because its signatures are bound to it. */
function turnsAfter(before: readonly Content[], { candidates }: GenerateContentResponse, ends: readonly ToolEnd[]) {
  const said: Content = { role: 'model', ...candidates?.[0]?.content };
  return [...before, said, { role: 'user', parts: ends.map(answerPart) }];
}

function resultOf(said: LlmResult, steps: readonly ToolStep[], turns: readonly Content[]): ToolsResult {
  const usage = usageInAll([...steps.map(step => step.usage), said.usage]);
  return { ...said, steps, turns, usage, lastUsage: said.usage };
}

/**
 * Asks the model and runs the tools that it asks for, until it answers. Each request is an exchange of the call, and repeating it
 * runs no tool again.
 * @throws GeminiError where the steps are spent or a tool's error is to be thrown
 */
export async function toolLoop(loop: ToolLoop): Promise<ToolsResult> {
  const { call, ask, question } = loop;
  const { parameters, maxSteps, configAt } = question;
  const steps: ToolStep[] = [];
  let turns = parameters.contents;
  for (let step = 1; ; step += 1) {
    const response = await ask({ ...parameters, contents: turns, config: configAt(step) });
    const said = shape(response, parameters.model, call);
    if (said.functionCalls.length === 0) return resultOf(said, steps, turnsOf(turns));
    checkEnd(loop, said);
    // Of the last step nobody would read the results.
    if (step === maxSteps) throw stepsSpent(call, question, said.text);
    const ends = await runAll(loop, step, said);
    const { text, usage } = said;
    steps.push({ step, text, toolCalls: ends.map(end => end.call), usage });
    if (call.listener) emit(call, { type: 'tool-step', step, tools: ends.length });
    turns = turnsAfter(turnsOf(turns), response, ends);
  }
}
