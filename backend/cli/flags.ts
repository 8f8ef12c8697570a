import type { CommanderError } from 'commander';
import { type NumberRange, show } from '../resilience/optionError.ts';
import { exitCodes } from './exitCodes.ts';

/**
 * A flag, or an argument, that makes no sense. Not commander's own error for that: its message repeats the value as it was typed,
 * and an address may hold a password.
 */
export class FlagError extends Error {
  override readonly name = 'FlagError';

  /** @param shown the value as it may be shown */
  constructor(field: string, shown: string, allowed: string) {
    super(`${field} is ${shown}; allowed: ${allowed}.`);
  }
}

/** Ends the process where commander would: its 1, for wrong usage, becomes ours. */
export function exitAfter({ exitCode }: CommanderError): never {
  process.exit(exitCode === 1 ? exitCodes.usage.code : exitCode);
}

/** Reads a flag that takes a whole number. */
export function wholeNumberFlag(field: string, { min, max }: NumberRange): (text: string) => number {
  return text => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new FlagError(field, show(text), `a whole number from ${min} to ${max}`);
  };
}

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const longestMs = 24 * unitsMs.h;

/** Reads a flag that takes a duration with its unit, into milliseconds. */
export function durationFlag(field: string): (text: string) => number {
  return text => {
    const found = /^(?<number>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)$/.exec(text.trim())?.groups;
    const valueMs = Number(found?.['number']) * unitsMs[(found?.['unit'] ?? 'ms') as keyof typeof unitsMs];
    if (valueMs >= 1 && valueMs <= longestMs) return valueMs;
    throw new FlagError(field, show(text), 'a number with its unit (ms, s, m or h) from 1ms to 24h, for instance 30s');
  };
}

/** Reads a flag that takes a text which must not be empty. */
export function textFlag(field: string, allowed: string): (text: string) => string {
  return text => {
    if (text.trim() !== '') return text;
    throw new FlagError(field, show(text), allowed);
  };
}

/** Reads a flag that takes the address of a server. */
export function addressFlag(field: string): (text: string) => string {
  return text => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
    // An address may hold a password; a text that is none may be anything.
    const shown = url === undefined ? text.replace(/\/\/[^/]*@/, '//…@') : `${url.protocol}//${url.host}`;
    throw new FlagError(field, show(shown), 'an http or https address, for instance http://127.0.0.1:8080');
  };
}
