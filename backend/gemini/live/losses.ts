import type { GeminiFailure } from '../reasons.ts';

/** What makes a failure that another connection might have mended the end of the session. */
export interface Ending {
  readonly retryable: false;
  readonly rule: string;
  readonly advice: string;
}

/** The connection was lost before there was a handle, and something had been said that a new session would not know. */
export const notResumable: Ending = {
  retryable: false,
  rule: 'live-not-resumable',
  advice:
    'The session was lost before the server had given a handle to resume it by: begin a new one, and say again what was said.',
};

/** There have been as many connections as there may be. */
export const tooManyReconnects: Ending = {
  retryable: false,
  rule: 'live-max-reconnects',
  advice: 'There was no reconnection left (maxReconnects): begin a new session.',
};

/** Does a close that the server had announced mean no more than that? Its codes differ; what names a fault of ours means it. */
export function maySurvive({ errorClass, reason }: GeminiFailure): boolean {
  return errorClass === 'network' || errorClass === 'server' || reason === 'websocket-policy';
}
