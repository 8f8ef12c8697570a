import type { AttemptContext } from '../../resilience/attemptContext.ts';
import type { Failure } from '../../resilience/failure.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { Completion, Question, WirePiece } from './completion.ts';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What becomes JSON. */
  readonly body: object;
}

/** How one provider is asked over HTTP. */
export interface HttpBackend {
  readonly kind: 'http';
  readonly provider: Provider;
  readonly model: string;
  readonly request: (question: Question, streams: boolean) => WireRequest;
  /** Reads a whole answer; undefined where it is none. */
  readonly read: (body: unknown) => Completion | undefined;
  /**
   * Why a whole answer is none, or the event that ended a stream without text, where the service says it in words of its own.
   * @default by its finish reason
   */
  readonly failureIn?: (body: unknown) => Failure | undefined;
  /** Reads an event of a stream; undefined where it holds nothing of the answer. */
  readonly readPiece: (event: unknown) => WirePiece | undefined;
}

/** A provider that is asked by a function of the user's own: an SDK, say. */
export interface FunctionBackend {
  readonly kind: 'function';
  readonly provider: Provider;
  readonly model: string;
  readonly complete: (question: Question, context: AttemptContext) => Completion | Promise<Completion>;
}

/** How a provider is asked. */
export type Backend = HttpBackend | FunctionBackend;
