/** Why a command ends before its answer is whole. */
export type StopReason = 'interrupted' | 'reader-gone' | 'cannot-write';

/** One signal for everything that can end a command early. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** The first reason that was given. */
  readonly reason: StopReason | undefined;
  stop(reason: StopReason): void;
  /** Listens to Ctrl-C no longer. */
  end(): void;
}

/** Listens to Ctrl-C. The first one stops in order, a second one ends the process at once. */
export function startStopping(): Stopping {
  const controller = new AbortController();
  let reason: StopReason | undefined;
  const stop: Stopping['stop'] = given => {
    reason ??= given;
    controller.abort(new DOMException(`The command was stopped: ${given}.`, 'AbortError'));
  };
  const interrupted = (): void => stop('interrupted');
  process.once('SIGINT', interrupted);
  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    stop,
    end: () => void process.off('SIGINT', interrupted),
  };
}
