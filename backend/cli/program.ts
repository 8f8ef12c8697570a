import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { askCommand } from './ask.ts';
import { exitAfter } from './flags.ts';
import { about, helpAfterCommands } from './helpText.ts';
import { simulateCommand } from './simulate.ts';

/** As far from the source as from what is built of it. */
const packageFile = new URL('../../package.json', import.meta.url);

function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(packageFile, 'utf8'));
  return version;
}

/** The command line as a whole. */
export function geminicoreProgram(): Command {
  return new Command('geminicore')
    .description(about)
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', `\n${helpAfterCommands()}`)
    .showSuggestionAfterError()
    .exitOverride(exitAfter)
    .addCommand(askCommand())
    .addCommand(simulateCommand());
}
