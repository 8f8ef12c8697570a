import type { ErrorClass, Failure } from '../resilience/failure.ts';

/** What the command ends in. */
export type Ending = 'success' | 'unexpected' | 'usage' | ErrorClass | 'interrupted';

interface ExitCode {
  readonly code: number;
  /** When the command ends with it, as it follows the code in a table. */
  readonly meaning: string;
}

/** Every exit code of `geminicore`, in the order in which it is printed. Other programs rely on the numbers: they never change. */
export const exitCodes = {
  success: { code: 0, meaning: 'answered, or whoever reads the pipe has seen enough' },
  unexpected: { code: 1, meaning: 'an error of this program, or the answer could not be written' },
  usage: { code: 2, meaning: 'a flag, a setting or the prompt makes no sense; nothing was sent' },
  quota: { code: 10, meaning: 'quota: spent, and waiting did not help or would not' },
  server: { code: 11, meaning: 'server: overloaded, unavailable, or its answer was no answer' },
  network: { code: 12, meaning: 'network: refused, reset, cut off, timed out, no DNS, no TLS' },
  auth: { code: 13, meaning: 'auth: the key is missing, wrong, or not allowed' },
  request: { code: 14, meaning: 'request: the API will not take it as it is, or blocked it' },
  interrupted: { code: 130, meaning: 'Ctrl-C; what had been received is on stdout' },
} as const satisfies Record<Ending, ExitCode>;

/** The exit code of a call that ended in this failure. */
export function exitCodeOf({ reason, errorClass }: Failure): number {
  return exitCodes[reason === 'client-config' ? 'usage' : errorClass].code;
}
