import type { Content } from '@google/genai';
import { OptionError, show } from '../../resilience/optionError.ts';
import { checkPart } from './partShapes.ts';

/** A chat's history as plain JSON, to be kept and given to `gemini.chat({ history })` again. */
export interface ChatExport {
  /** Of this form; a later form has another number. */
  readonly version: 1;
  /** Complete turns: the user's, the model's, and so on. */
  readonly history: readonly Content[];
}

/** The form that is written now, and the only one so far. */
export const exportVersion = 1;

/** A copy that shares nothing with the value. @throws OptionError for what is no plain data */
export function copied<T>(field: string, value: T): T {
  try {
    return structuredClone(value);
  } catch {
    throw new OptionError(field, show(value), 'plain data, without functions');
  }
}

function turnsIn(given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given;
  if (typeof given !== 'object' || given === null || !('version' in given))
    throw new OptionError('options.history', show(given), 'a list of turns, or what chat.export() gave');
  const { version } = given;
  if (version !== exportVersion) throw new OptionError('options.history.version', show(version), String(exportVersion));
  const turns = 'history' in given ? given.history : undefined;
  if (!Array.isArray(turns)) throw new OptionError('options.history.history', show(turns), 'a list of turns');
  return turns;
}

function checkTurn(field: string, turn: unknown, index: number): void {
  if (typeof turn !== 'object' || turn === null) throw new OptionError(field, show(turn), 'a turn: { role, parts }');
  const { role, parts } = turn as Content;
  const due = index % 2 === 0 ? 'user' : 'model';
  if (role !== due)
    throw new OptionError(`${field}.role`, show(role), `${show(due)}: turns alternate, the user begins`);
  if (!Array.isArray(parts) || parts.length === 0)
    throw new OptionError(`${field}.parts`, Array.isArray(parts) ? 'empty' : show(parts), 'a list of parts');
  for (const [place, part] of parts.entries()) checkPart(`${field}.parts[${place}]`, part);
}

/**
 * A history as a chat begins with it, checked and copied: turns alternate, the user begins, the model has the last word.
 * @throws OptionError with the place in the history
 */
export function readHistory(given: unknown): Content[] {
  const turns = turnsIn(given);
  for (const [index, turn] of turns.entries()) checkTurn(`options.history[${index}]`, turn, index);
  if (turns.length % 2 !== 0) {
    const last = `options.history[${turns.length - 1}].role`;
    throw new OptionError(last, '"user"', '"model": a history ends with an answer');
  }
  return copied('options.history', turns) as Content[];
}
