import type { LiveConnectConfig, LiveServerMessage } from '@google/genai';
import type { GeminiError } from '../geminiError.ts';
import type { GeminiFailure } from '../reasons.ts';

/**
 * That the connection was lost, or was about to be, and that the session goes on over a new one. It comes in its place among the
 * messages: what was said before it was said before the loss.
 */
export interface LiveResumption {
  /** What ended the last connection; absent where it was left in time, because the server had said that it would end it. */
  readonly because?: GeminiFailure;
  /** An answer had begun or was awaited, and its rest will not come. Where messages were sent again it begins anew. */
  readonly turnLost: boolean;
  /** Messages that were sent again, because the server said that it had not consumed them. */
  readonly resent: number;
  /**
   * Messages that were sent but may not be part of the resumed session: the server has not said. They are not sent again, which
   * might say them twice.
   */
  readonly unconfirmed: number;
  /** Ids of the function calls that died with the turn. A response to them is not sent. */
  readonly cancelledCalls: readonly string[];
}

/** A message of the server's; or, with `resumed` alone, a notice that the session goes on over another connection. */
export type LiveMessage = LiveServerMessage & { readonly resumed?: LiveResumption };

/** What ended a session for good. */
export type LiveEnd =
  | { readonly by: 'caller' }
  /** `reason`: the signal's own. */
  | { readonly by: 'abort'; readonly reason: unknown }
  | { readonly by: 'failure'; readonly error: GeminiError };

/** `open`: messages are sent. `reconnecting`: they wait. `closed`: for good. */
export type LiveState = 'open' | 'reconnecting' | 'closed';

/** What `onerror` is told, with the two fields that are read of a platform's error event. */
export interface LiveErrorEvent {
  readonly type: 'error';
  readonly message: string;
  readonly error: GeminiError;
}

/** What `onclose` is told: 1000 where the caller closed, 1006 where the session failed. */
export interface LiveCloseEvent {
  readonly type: 'close';
  readonly code: 1000 | 1006;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** Told of a session, once for each thing that happens to it, and not for each of its connections. What they throw is ignored. */
export interface LiveCallbacks {
  readonly onopen?: (() => void) | null | undefined;
  /** Without it, messages are kept for whoever loops over the session. */
  readonly onmessage?: ((message: LiveMessage) => void) | null | undefined;
  /** The session has failed for good. */
  readonly onerror?: ((event: LiveErrorEvent) => void) | null | undefined;
  readonly onclose?: ((event: LiveCloseEvent) => void) | null | undefined;
}

/** A session to be begun, as the official client takes it; callbacks may be left out. */
export interface LiveParameters {
  readonly model: string;
  /** `sessionResumption` is switched on by itself; a `handle` in it resumes a session of before. */
  readonly config?: LiveConnectConfig | undefined;
  readonly callbacks?: LiveCallbacks | undefined;
}
