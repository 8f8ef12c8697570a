import type { OutputOf, SchemaSource } from '../structured/standardSchema.ts';

/** What a tool is told beside its arguments. */
export interface ToolContext {
  /** Aborts when the call ends without the tool's result: its caller aborted, its deadline is over, or another tool failed it. */
  readonly signal: AbortSignal;
  /** Which request to the model asked for it, from 1. */
  readonly step: number;
  /** The API's own name of this call, where it gave one. */
  readonly callId: string | undefined;
}

/** A function of the caller's own that the model may call. */
export interface Tool<S extends SchemaSource = SchemaSource> {
  /** Letters, digits, `_ . : -`, at most 128, a letter or `_` first. @default its key among the tools */
  readonly name?: string | undefined;
  /** For the model: what it does, and when it is of use. */
  readonly description: string;
  /** What its arguments are: an object. @default no arguments */
  readonly parameters?: S | undefined;
  /** Run once for each time that the model asks, however often a request to the model is repeated. What it gives has to be JSON. */
  execute(args: OutputOf<S>, context: ToolContext): unknown;
}

/** Tools by name, each with the schema of its arguments; or a list of tools with names. */
export type Tools<S extends Readonly<Record<string, SchemaSource>>> =
  | { readonly [K in keyof S]: Tool<S[K]> }
  | readonly Tool[];

/** Types the arguments of a tool by its schema, for tools that are not written where they are used. */
export const defineTool = <S extends SchemaSource>(tool: Tool<S>): Tool<S> => tool;
