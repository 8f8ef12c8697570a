import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process with compressed time that one talks to. */
export interface Child<Said extends { readonly type: string }, Told extends object> {
  /** The next message of this type; nothing where the process ends, or the real time is over, before it comes. */
  heard<Type extends Said['type']>(type: Type, withinMs: number): Promise<Extract<Said, { type: Type }> | undefined>;
  tell(message: Told): void;
  isOver(): boolean;
  /** What it wrote last to its standard error. */
  complaint(): string;
  end(): void;
}

const preload = new URL('compressedTime.ts', import.meta.url).href;

/** Keys, addresses and debug switches of whoever runs this are not to reach the contenders. */
const notHandedOn = /^(GEMINI|GOOGLE|LANGCHAIN|LANGSMITH|DEBUG|NODE_OPTIONS)/;

function startProcess(file: string, given: readonly string[], factor: number): ChildProcess {
  const kept = Object.entries(process.env).filter(([name]) => !notHandedOn.test(name));
  return fork(new URL(file, import.meta.url), given, {
    execArgv: ['--import', preload, '--disable-warning=ExperimentalWarning'],
    env: { ...Object.fromEntries(kept), BENCH_TIME_FACTOR: String(factor) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** Starts a process whose time runs so much faster. */
export function startChild<Said extends { readonly type: string }, Told extends object>(
  file: string,
  given: readonly string[],
  factor: number,
): Child<Said, Told> {
  const child = startProcess(file, given, factor);
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  let written = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    written = `${written}${chunk}`.slice(-2_000);
  });
  return {
    async heard(type, withinMs) {
      const signal = AbortSignal.any([AbortSignal.timeout(withinMs), gone.signal]);
      for (;;) {
        const said = await once(child, 'message', { signal }).catch(() => undefined);
        if (said === undefined) return undefined;
        const [message] = said as [Said];
        if (message.type === type) return message as Extract<Said, { type: typeof type }>;
      }
    },
    tell: message => void (child.connected && child.send(message)),
    isOver: () => gone.signal.aborted,
    complaint: () => written,
    end: () => void child.kill('SIGKILL'),
  };
}
