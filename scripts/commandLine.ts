/** The command line of the jobs and of `npm start`. */
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

/** The repository: the folder above the one that holds the script that was started. */
export const ROOT = path.resolve(path.dirname(process.argv[1] ?? '.'), '..');

export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

export interface JobOptions {
  backend?: BackendName;
  seed: number;
  /** Restarts; undefined: what the job takes by itself. */
  nInit?: number;
  /** Folder of the data, absolute. */
  dataDir: string;
  /** Less work: figures that depend on it are marked as reduced. Always set on the cpu backend. */
  quick: boolean;
  /** Folder of the reports, absolute. */
  out: string;
  /** Serves the report while it grows. */
  live?: boolean;
  /** Folder where trained models are kept, absolute; undefined: nowhere. */
  models?: string;
}

/** The flags that only some jobs know. */
export type Flag = 'nInit' | 'dataDir' | 'live';

/** A command that runs a job, or all of them. */
export interface CommandDescription {
  name: string;
  /** One line for --help. */
  description: string;
  flags?: readonly Flag[];
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}

function commandLine({ name, description, flags = [] }: CommandDescription): Command {
  const program = new Command(name)
    .description(description)
    // 2, not commander's 1: as for anything that the user can mend.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .showSuggestionAfterError(false)
    .addOption(
      new Option('--backend <name>', 'where to compute; without it the fastest that loads').choices([
        'tensorflow',
        'wasm',
        'cpu',
      ]),
    )
    .option('--seed <integer>', 'of every random draw', integer(0, 2 ** 32 - 1), 42)
    .option('--quick', 'less work; figures that suffer are marked as reduced', false)
    .option('--out <folder>', 'folder of the report', 'reports')
    .option('--models <folder>', 'keep the trained models there, each with a README');
  if (flags.includes('nInit')) program.option('--n-init <integer>', 'restarts', integer(1, 10_000));
  if (flags.includes('live')) program.option('--live', 'serve the report on loopback while it grows', false);
  if (flags.includes('dataDir')) {
    program.option('--data-dir <folder>', 'folder of the data', path.join(ROOT, 'data'));
  }
  return program;
}

/** The options; ends the process, with a line or the help printed, where there is nothing to run. */
export function parse(description: CommandDescription, argv: readonly string[]): JobOptions {
  const { dataDir, out, ...rest } = commandLine(description).parse(argv, { from: 'user' }).opts<JobOptions>();
  const models = rest.models === undefined ? undefined : path.resolve(rest.models);
  return {
    ...rest,
    models,
    dataDir: path.resolve(dataDir ?? path.join(ROOT, 'data')),
    out: path.resolve(out),
  };
}
