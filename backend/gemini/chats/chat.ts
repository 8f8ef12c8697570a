import type { Content } from '@google/genai';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import { type LlmOptions, type LlmRequest, signalOf } from '../callSettings.ts';
import { settledContents } from '../files/givenParts.ts';
import type { LlmResult } from '../results.ts';
import { refusing } from '../settings/optionFailure.ts';
import { LlmStream } from '../streams/llmStream.ts';
import type { StreamOptions } from '../streams/openStream.ts';
import type { JsonOptions, JsonResult } from '../structured/jsonResults.ts';
import type { SchemaSource } from '../structured/standardSchema.ts';
import type { Tools } from '../tools/tool.ts';
import type { ToolOptions } from '../tools/toolQuestion.ts';
import type { ToolsResult } from '../tools/toolResults.ts';
import { type ChatExport, copied, exportVersion } from './chatHistory.ts';
import { type ChatOptions, type ChatSettings, chatSettings, questionOptions } from './chatOptions.ts';
import { type ChatMessage, modelTurn, StreamedTurn, userTurn } from './chatTurn.ts';
import { TurnLine } from './turnLine.ts';

/** The questions that a chat asks its client. */
export interface ChatModel {
  callLlm(request: LlmRequest, options?: LlmOptions): Promise<LlmResult>;
  callLlmStream(request: LlmRequest, options?: StreamOptions): LlmStream;
  callLlmJson<S extends SchemaSource>(request: LlmRequest, schema: S, options?: JsonOptions): Promise<JsonResult<S>>;
  callLlmWithTools<S extends Readonly<Record<string, SchemaSource>>>(
    request: LlmRequest,
    tools: Tools<S>,
    options?: ToolOptions,
  ): Promise<ToolsResult>;
}

/** What a chat is made of. */
export interface ChatParts {
  readonly model: ChatModel;
  readonly runtime: Runtime;
  /** The name of the model of chats that name none. */
  readonly defaultModel: string;
}

/** A question of a chat, checked. */
interface Question<O extends LlmOptions> {
  readonly user: Content;
  readonly options: O;
}

/** A question of a chat whose turn it is: what is asked, and how its end enters the history. */
interface Turn {
  readonly request: { readonly contents: Content[] };
  /** @param said the turns after the user's, the model's answer last; undefined where there is none to keep */
  readonly keep: (said: readonly (Content | undefined)[]) => void;
}

/**
 * A conversation whose history is exactly its completed turns. A turn enters, with its question, when its answer is complete; one that
 * fails, is aborted, blocked or left leaves no trace. Turns wait for each other in the order in which they were begun.
 */
export class Chat {
  readonly #parts: ChatParts;
  readonly #defaults: LlmOptions;
  readonly #line: TurnLine;
  #history: readonly Content[];

  constructor(parts: ChatParts, { defaults, history }: ChatSettings) {
    this.#parts = parts;
    this.#defaults = defaults;
    this.#line = new TurnLine(parts.runtime);
    this.#history = history;
  }

  /** The completed turns, oldest first: a copy. */
  get history(): Content[] {
    return structuredClone(this.#history) as Content[];
  }

  /** The history as plain JSON; `gemini.chat({ history: exported })` goes on from it. Settings are not part of it. */
  export(): ChatExport {
    return JSON.parse(JSON.stringify({ version: exportVersion, history: this.#history }));
  }

  /** Another chat with the same settings, which goes on from the same history. */
  fork(): Chat {
    return new Chat(this.#parts, { defaults: this.#defaults, history: this.#history });
  }

  /**
   * Says something and waits for the whole answer. The time in line does not count against its deadline.
   * @throws GeminiError, or the signal's own reason where the caller aborted; the history is then as before
   */
  async send(message: ChatMessage, options: LlmOptions = {}): Promise<LlmResult> {
    const question = this.#question(message, options);
    return this.#take(question, async ({ request, keep }) => {
      const result = await this.#parts.model.callLlm(request, question.options);
      keep([modelTurn(result.response)]);
      return result;
    });
  }

  /**
   * Says something and yields the answer as it comes. Nothing is sent, and no place in the line taken, before it is read; the next
   * turn begins when the stream has ended or has been left.
   * @throws GeminiError with `state` and `partialText`, or the signal's own reason where the caller aborted; the history is then as before
   */
  stream(message: ChatMessage, options: StreamOptions = {}): LlmStream {
    const { user, options: asked } = this.#question(message, options, ['resume']);
    // The stream hands on the caller's own signal.
    const { abortSignal: _own, ...config } = asked.config ?? {};
    return new LlmStream({
      model: asked.model ?? this.#parts.defaultModel,
      signal: signalOf(asked, asked.config),
      pieces: signal => this.#streamed({ user, options: { ...asked, config, signal } }),
    });
  }

  /**
   * Asks for a value. Of several asks the history keeps the question and the answer that fitted.
   * @throws GeminiError, or the signal's own reason where the caller aborted; the history is then as before
   */
  async sendJson<S extends SchemaSource>(
    message: ChatMessage,
    schema: S,
    options: JsonOptions = {},
  ): Promise<JsonResult<S>> {
    const question = this.#question(message, options, ['maxRepairs']);
    return this.#take(question, async ({ request, keep }) => {
      const result = await this.#parts.model.callLlmJson(request, schema, question.options);
      keep([modelTurn(result.response)]);
      return result;
    });
  }

  /**
   * Says something that the model may use tools for. Its calls and the tools' answers enter the history with its last answer.
   * @throws GeminiError, or the signal's own reason where the caller aborted; the history is then as before
   */
  async sendWithTools<S extends Readonly<Record<string, SchemaSource>>>(
    message: ChatMessage,
    tools: Tools<S>,
    options: ToolOptions = {},
  ): Promise<ToolsResult> {
    const question = this.#question(message, options, ['maxSteps', 'onToolError', 'toolMode', 'allowedTools']);
    return this.#take(question, async ({ request, keep }) => {
      const result = await this.#parts.model.callLlmWithTools(request, tools, question.options);
      keep([...result.turns.slice(request.contents.length), modelTurn(result.response)]);
      return result;
    });
  }

  #question<O extends LlmOptions>(message: ChatMessage, options: O, more: readonly string[] = []): Question<O> {
    return refusing(() => {
      const merged = questionOptions(this.#defaults, options, more);
      return { user: userTurn(message), options: merged };
    });
  }

  #turn(user: Content): Turn {
    const before = this.#history;
    const keep: Turn['keep'] = said => {
      const last = said.at(-1);
      if (last === undefined) return;
      const turns = said.filter(turn => turn !== undefined);
      this.#history = [...before, ...copied('answer', settledContents([user, ...turns]) as Content[])];
    };
    return { request: { contents: [...before, user] }, keep };
  }

  async #take<T>({ user, options }: Question<LlmOptions>, ask: (turn: Turn) => Promise<T>): Promise<T> {
    const leave = await this.#line.enter(signalOf(options, options.config));
    try {
      return await ask(this.#turn(user));
    } finally {
      leave();
    }
  }

  async *#streamed({ user, options }: Question<StreamOptions>) {
    const leave = await this.#line.enter(options.signal);
    const { request, keep } = this.#turn(user);
    const said = new StreamedTurn();
    let isWhole = false;
    try {
      for await (const chunk of this.#parts.model.callLlmStream(request, options)) {
        said.add(chunk.response);
        isWhole ||= chunk.finishReason !== undefined;
        yield chunk;
      }
    } catch (error) {
      isWhole = false;
      throw error;
    } finally {
      // Who leaves the loop after the finish reason has the whole answer.
      if (isWhole) keep([said.turn]);
      leave();
    }
  }
}

/** Begins a chat. @throws GeminiError (request / client-config) that names the option, or the place in the history */
export function openChat(parts: ChatParts, options: ChatOptions): Chat {
  const settings = refusing(() => chatSettings(options));
  return new Chat(parts, settings);
}
