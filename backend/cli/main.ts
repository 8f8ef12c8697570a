#!/usr/bin/env node
/** `geminicore`: see `--help`. */

import { exitCodes } from './exitCodes.ts';
import { FlagError } from './flags.ts';
import { geminicoreProgram } from './program.ts';

try {
  await geminicoreProgram().parseAsync();
} catch (error) {
  const { name, code } =
    error instanceof FlagError
      ? { name: 'error', code: exitCodes.usage.code }
      : { name: 'Unexpected error', code: exitCodes.unexpected.code };
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = code;
}
