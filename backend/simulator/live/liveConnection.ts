/** One live session over its WebSocket, from the client's setup to whoever closes first. */

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import { objectOf, parseObject, textOf } from '../json.ts';
import type { SimulatedRequest } from '../request.ts';
import type { Step } from '../script.ts';
import { modelExists } from '../service/models.ts';
import type { ServiceState } from '../service/state.ts';
import { Conversation, type LiveRefusal, type LiveStep, refusalOf } from './conversation.ts';
import { closeOf, isAt, type LivePoint } from './liveFaults.ts';

/** What a session is carried on with. */
export interface LiveParts {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly request: SimulatedRequest;
  readonly state: ServiceState;
  readonly runtime: Runtime;
  readonly chunkGapMs: number;
  /** What the script orders for it. */
  readonly step: Step;
}

/** What was sent before has to reach the client, or the reset overtakes it. In milliseconds of real time. */
const settleMs = 10;

/** How long the service says that a connection has left, where the step does not say it. In milliseconds. */
const usualTimeLeftMs = 1_000;

const deadline = 'Deadline expired before operation could complete.';

const modelOf = (setup: Readonly<Record<string, unknown>>): string => textOf(setup['model']).replace(/^.*models\//, '');

function unknownModel(model: string, { apiVersion }: SimulatedRequest): LiveRefusal {
  return { code: 1008, reason: `models/${model} is not found for API version ${apiVersion}`.slice(0, 123) };
}

/** A session in progress. What the client sends while an answer goes out waits for its end. */
export class LiveConnection {
  readonly #parts: LiveParts;
  #conversation: Conversation | undefined;
  #turns = 0;
  #isOver = false;
  #work: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    const { webSocket } = parts;
    webSocket.on('message', data => {
      const message = parseObject(String(data));
      this.#work = this.#work.then(() => this.#take(message));
    });
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      this.#isOver = true;
      this.#cancelTimer?.();
    });
  }

  async #take(message: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#isOver) return;
    if (this.#conversation === undefined) return this.#begin(message);
    if (message['setup'] !== undefined) return this.#close(1007, 'setup must be the first message and only the first');
    return this.#say(this.#answerOrExplain(this.#conversation, message));
  }

  /** An `answer` function that throws is shown to its author. */
  #answerOrExplain(conversation: Conversation, message: Readonly<Record<string, unknown>>): readonly LiveStep[] {
    try {
      return conversation.take(message);
    } catch (error) {
      this.#close(1011, `The simulator could not answer: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  async #begin(message: Readonly<Record<string, unknown>>): Promise<void> {
    const { state, request } = this.#parts;
    const setup = objectOf(message['setup']);
    const model = modelOf(setup);
    const refusal = refusalOf(state, message) ?? (modelExists(state, model) ? undefined : unknownModel(model, request));
    if (refusal !== undefined) return this.#close(refusal.code, refusal.reason);
    if (await this.#happens('setup')) return;
    this.#conversation = new Conversation(state, { ...request, model }, setup);
    this.#send({ setupComplete: {} });
    await this.#happens('ready');
  }

  async #say(steps: readonly LiveStep[]): Promise<void> {
    const { runtime, chunkGapMs } = this.#parts;
    for (const step of steps) {
      if (this.#isOver) return;
      if ('message' in step) {
        this.#send(step.message);
        if (chunkGapMs > 0 && 'serverContent' in step.message) await runtime.sleep(chunkGapMs);
        continue;
      }
      if (step.point === 'turn') this.#turns += 1;
      if (await this.#happens(step.point)) return;
    }
  }

  #send(message: object): void {
    // The service sends binary frames with JSON in them.
    if (!this.#isOver) this.#parts.webSocket.send(JSON.stringify(message), { binary: true });
  }

  #close(code: number, reason: string): void {
    this.#isOver = true;
    this.#parts.webSocket.close(code, reason.slice(0, 123));
  }

  /** Carries out what is ordered for this point. Does the session end, or fall silent, with it? */
  async #happens(point: LivePoint): Promise<boolean> {
    const { step, webSocket } = this.#parts;
    if (!isAt(step, point, this.#turns)) return false;
    switch (step.fault) {
      case 'live-close':
        await this.#cut(...closeOf(step));
        return true;
      case 'live-reset':
        await this.#cut(1006, '');
        return true;
      case 'live-stall':
        this.#isOver = true;
        // What is not read is not answered either: no pong comes.
        webSocket.pause();
        return true;
      case 'live-go-away':
        this.#warn();
        return false;
      default:
        return false;
    }
  }

  /** 1006 is no code that can be sent: it is what a client says of a connection that was torn. */
  async #cut(code: number, reason: string): Promise<void> {
    if (code !== 1006 && code !== 1005 && code !== 1015) return this.#close(code, reason);
    this.#isOver = true;
    await new Promise<void>(resolve => void this.#parts.runtime.setTimer(settleMs, resolve));
    this.#parts.socket.resetAndDestroy();
  }

  #warn(): void {
    const { step, runtime } = this.#parts;
    const leftMs = step.lastsMs ?? usualTimeLeftMs;
    this.#send({ goAway: { timeLeft: `${leftMs / 1000}s` } });
    const [code, reason] = closeOf({ closeReason: deadline, ...step });
    this.#cancelTimer = runtime.setTimer(leftMs, () => void this.#cut(code, reason));
  }
}
