#!/usr/bin/env node
/** `geminicore`: see `--help`. */

import { exitCodes } from './exitCodes.ts';
import { FlagError } from './flags.ts';
import { geminicoreProgram } from './program.ts';

try {
  await geminicoreProgram().parseAsync();
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = exitCodes.usage.code;
}
