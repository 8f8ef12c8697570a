import type { Failed } from '../../resilience/failure.ts';
import type { FetchPart, SdkRepetitions } from './fetchParts.ts';
import { GivenUp, sdkAttempt } from './givenUp.ts';
import type { Outgoing } from './outgoing.ts';
import { sdkWarning } from './sdkWarning.ts';

/** What is done about SDKs that repeat by themselves. */
export interface SdkRetriesOptions {
  /**
   * What is done about an SDK that repeats by itself what was given up: `absorb` gives it the same end again without sending, `send`
   * treats each repetition as a new request. @default 'absorb'
   */
  readonly mode?: 'absorb' | 'send' | undefined;
  /** Told once that an SDK repeats by itself, with the setting that turns it off. @default console.warn */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What `sdkRetries` may be. */
export const sdkModes = ['absorb', 'send'] as const;

/** Tells once, with the exact setting. */
function warner(tell: (message: string) => void): (request: Outgoing) => void {
  let hasWarned = false;
  return request => {
    if (hasWarned) return;
    hasWarned = true;
    tell(sdkWarning(request));
  };
}

/** Statuses after which SDKs ask again. */
const repeated: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Would an SDK ask again after this end? What it would not, its user may have put right by then. */
const isWorthRemembering = ({ failure }: Failed): boolean =>
  failure.retryable ||
  failure.status === undefined ||
  failure.status >= 500 ||
  failure.status < 400 ||
  repeated.has(failure.status);

/** Notices SDKs that repeat by themselves, warns of them, and gives them the same end again. */
export const sdkRetries = ({ mode, onWarning }: SdkRetriesOptions): FetchPart => ({
  part: 'sdkRetries',
  make: ({ runtime }) => {
    const warn = warner(onWarning ?? (message => console.warn(message)));
    const givenUp = mode === 'send' ? undefined : new GivenUp(runtime);
    const endOf: SdkRepetitions['endOf'] = (request, own) => {
      const again = givenUp?.endOf(request, own);
      if (again !== undefined || (sdkAttempt(request) ?? 0) > 0) warn(request);
      return again;
    };
    return {
      sdkRepetitions: {
        endOf,
        forget: (request, own) => givenUp?.forget(request, own),
        remember: (request, own, ended, failed) => {
          if (isWorthRemembering(failed)) givenUp?.remember(request, own, ended, failed);
        },
      },
    };
  },
});
