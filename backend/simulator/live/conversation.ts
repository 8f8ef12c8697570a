/** What is said in a live session: from a client's message to the server's, without the connection between them. */

import type { Chunk } from '../answer.ts';
import { listOf, objectOf, textOf } from '../json.ts';
import { inputTokensOf, promptIn, type SimulatedRequest } from '../request.ts';
import { generate } from '../service/generate.ts';
import { freshId, type ServiceState } from '../service/state.ts';
import type { LivePoint } from './liveFaults.ts';

type Body = Readonly<Record<string, unknown>>;

/** One step of an answer: a message of the server's, or a place where something can be ordered to happen. */
export type LiveStep = { readonly message: Chunk } | { readonly point: LivePoint };

/** Why a session ends at the server's will. */
export interface LiveRefusal {
  readonly code: number;
  readonly reason: string;
}

/** A session: its setup and everything that was said. */
export class Conversation {
  readonly #state: ServiceState;
  readonly #request: SimulatedRequest;
  readonly #setup: Body;
  #contents: readonly unknown[];
  /** Messages of the client's on this connection; the setup is number 0. */
  #messages = 0;
  #media = 0;

  constructor(state: ServiceState, request: SimulatedRequest, setup: Body) {
    this.#state = state;
    this.#request = request;
    this.#setup = setup;
    this.#contents = state.live.get(textOf(this.#resumption['handle'])) ?? [];
  }

  get #resumption(): Body {
    return objectOf(this.#setup['sessionResumption']);
  }

  /** Takes the next message of the client's; the answer to it, empty where it does not ask for one. */
  take(message: Body): readonly LiveStep[] {
    this.#messages += 1;
    if (message['clientContent'] !== undefined) return this.#takeContent(objectOf(message['clientContent']));
    if (message['toolResponse'] !== undefined) return this.#takeToolResponse(objectOf(message['toolResponse']));
    return this.#takeInput(objectOf(message['realtimeInput']));
  }

  #takeContent({ turns, turnComplete }: Body): readonly LiveStep[] {
    this.#contents = [...this.#contents, ...listOf(turns)];
    return turnComplete === true ? this.#answer() : [];
  }

  #takeToolResponse({ functionResponses }: Body): readonly LiveStep[] {
    const parts = listOf(functionResponses).map(functionResponse => ({ functionResponse }));
    this.#contents = [...this.#contents, { role: 'user', parts }];
    return this.#answer();
  }

  /** Text is a turn by itself; audio and video are one when they end. */
  #takeInput(input: Body): readonly LiveStep[] {
    const text = textOf(input['text']);
    if (text !== '') return this.#turn(text);
    if (input['activityEnd'] !== undefined || input['audioStreamEnd'] === true) {
      const heard = this.#media;
      this.#media = 0;
      return this.#turn(`${heard} pieces of media`);
    }
    if (input['activityStart'] === undefined) this.#media += 1;
    return [];
  }

  #turn(text: string): readonly LiveStep[] {
    this.#contents = [...this.#contents, { role: 'user', parts: [{ text }] }];
    return this.#answer();
  }

  #answer(): readonly LiveStep[] {
    const { tools, systemInstruction, generationConfig } = this.#setup;
    const body = { contents: this.#contents, tools, systemInstruction, generationConfig };
    const prompt = promptIn(body);
    const asked = {
      operation: 'streamGenerateContent',
      body,
      prompt,
      inputTokens: inputTokensOf(body, prompt),
      sse: true,
    } as const;
    const { content } = generate(this.#state, { ...this.#request, ...asked });
    const chunks = content.kind === 'chunks' ? content.chunks : [];
    const parts = chunks.flatMap(chunk =>
      listOf(objectOf(objectOf(listOf(chunk['candidates'])[0])['content'])['parts']),
    );
    const called = parts.map(objectOf).filter(part => part['functionCall'] !== undefined);
    const steps: LiveStep[] = [{ point: 'turn' }, ...this.#update(false)];
    if (called.length > 0) return [...steps, ...this.#call(called), { point: 'answer' }];
    this.#contents = [...this.#contents, { role: 'model', parts }];
    return [...steps, ...spoken(parts), ...this.#over(objectOf(chunks.at(-1)?.['usageMetadata']))];
  }

  #call(parts: readonly Body[]): readonly LiveStep[] {
    this.#contents = [...this.#contents, { role: 'model', parts }];
    const functionCalls = parts.map(part => ({ id: freshId(this.#state), ...objectOf(part['functionCall']) }));
    return [{ message: { toolCall: { functionCalls } } }];
  }

  #over(usage: Body): readonly LiveStep[] {
    const { promptTokenCount, candidatesTokenCount: responseTokenCount, totalTokenCount } = usage;
    const usageMetadata = { promptTokenCount, responseTokenCount, totalTokenCount };
    return [
      { message: { serverContent: { generationComplete: true } } },
      { message: { serverContent: { turnComplete: true }, usageMetadata } },
      { point: 'turn-end' },
      ...this.#update(true),
      { point: 'handle' },
    ];
  }

  /** Whether, and from which state, the session can be resumed now; said only to who has asked for it. */
  #update(resumable: boolean): readonly LiveStep[] {
    if (this.#setup['sessionResumption'] === undefined) return [];
    if (!resumable) return [{ message: { sessionResumptionUpdate: { resumable } } }];
    const newHandle = `handle-${freshId(this.#state)}`;
    this.#state.live.set(newHandle, this.#contents);
    const consumed = this.#resumption['transparent'] === true && {
      lastConsumedClientMessageIndex: String(this.#messages),
    };
    return [{ message: { sessionResumptionUpdate: { newHandle, resumable, ...consumed } } }];
  }
}

function spoken(parts: readonly unknown[]): readonly LiveStep[] {
  const steps: LiveStep[] = parts.map(part => ({
    message: { serverContent: { modelTurn: { role: 'model', parts: [part] } } },
  }));
  return steps.toSpliced(1, 0, { point: 'answer' });
}

/** Why the service does not begin a session with this message, or undefined where it does. */
export function refusalOf(state: ServiceState, message: Body): LiveRefusal | undefined {
  if (message['setup'] === undefined) {
    return { code: 1007, reason: 'setup must be the first message and only the first' };
  }
  const handle = textOf(objectOf(objectOf(message['setup'])['sessionResumption'])['handle']);
  if (handle !== '' && !state.live.has(handle)) return { code: 1008, reason: 'BidiGenerateContent session not found' };
  return undefined;
}
