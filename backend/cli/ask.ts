/** `geminicore ask`: one prompt, one answer. */

import { Command } from 'commander';
import { retryRanges } from '../gemini/settings/retryConfig.ts';
import type { AskFlags } from './ask/askGemini.ts';
import { exitCodes } from './exitCodes.ts';
import { addressFlag, durationFlag, exitAfter, textFlag, wholeNumberFlag } from './flags.ts';
import { askExamples } from './helpText.ts';

async function ask(words: readonly string[], flags: AskFlags): Promise<void> {
  // Loaded when it is needed: the official client takes longer to load than --help to print.
  const { askGemini } = await import('./ask/askGemini.ts');
  process.exitCode = await askGemini(words, flags);
  // What a pager has not fetched yet would hold the process.
  if (process.exitCode === exitCodes.interrupted.code) process.exit();
}

/** The subcommand, for the program to add. */
export function askCommand(): Command {
  return new Command('ask')
    .description('ask the model and print its answer as it comes')
    .argument(
      '[prompt...]',
      'what to ask; - stands for standard input, which is read anyway where it is a pipe or file',
    )
    .option('-m, --model <name>', 'the model that answers', textFlag('--model', 'the name of a model'))
    .option('-s, --system <text>', 'how to answer', textFlag('--system', 'a text'))
    .option(
      '-d, --deadline <time>',
      'give up where no answer begins in time: 500ms, 30s, 5m, 1h',
      durationFlag('--deadline'),
    )
    .option(
      '-r, --retries <number>',
      'retries after what may pass',
      wholeNumberFlag('--retries', retryRanges.maxRetries),
    )
    .option('--base-url <url>', 'another server, for instance a simulator', addressFlag('--base-url'))
    .option('--no-stream', 'print the answer when it is whole')
    .option('--resume', 'where the answer breaks off as it comes, have the model go on with it')
    .option('--json', 'print one JSON object: text, model, finishReason, usage, attempts; or error')
    .option('-q, --quiet', 'nothing on stderr but a failure')
    .addHelpText('after', `\n${askExamples}`)
    .exitOverride(exitAfter)
    .action(ask);
}
