import type { Content, GenerateContentResponseUsageMetadata } from '@google/genai';
import type { LlmResult } from '../results.ts';

/** One call of a tool. */
export interface ToolCall {
  readonly name: string;
  /** The API's own name of this call, where it gave one. */
  readonly id: string | undefined;
  /** As the schema made them; as the model sent them where they do not fit. */
  readonly args: unknown;
  /** What the tool gave; undefined where it failed. */
  readonly result: unknown;
  /** What the model was told instead of a result. */
  readonly error: string | undefined;
  /** Did it run? False where it is not known, or its arguments do not fit. */
  readonly ran: boolean;
  readonly durationMs: number;
}

/** One request to the model that ended in calls of tools. */
export interface ToolStep {
  /** From 1. */
  readonly step: number;
  /** What the model said beside its calls. */
  readonly text: string;
  /** In the order in which the model asked. */
  readonly toolCalls: readonly ToolCall[];
  readonly usage: GenerateContentResponseUsageMetadata | undefined;
}

/** The answer of a model that has used tools. Text, finish reason and response are of its last answer; attempts are all of the call. */
export interface ToolsResult extends LlmResult {
  /** What went before the answer; empty where no tool was called. */
  readonly steps: readonly ToolStep[];
  /** All that was said before the answer: what was asked, the model's calls and the tools' answers. */
  readonly turns: readonly Content[];
  /** Token counts of all requests together, as the API reports them. */
  readonly usage: GenerateContentResponseUsageMetadata | undefined;
  /** Those of the last request alone. */
  readonly lastUsage: GenerateContentResponseUsageMetadata | undefined;
}
