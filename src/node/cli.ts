#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isVersion, setUpNative, TENSORFLOW, type NativeSetUp } from './native.js';

/** Exit codes: the work is done, it could not be done, the command was not understood, a part could not be done (--strict). */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const PARTLY = 3;

let exitCode = DONE;

const say = (line: string) => void process.stderr.write(`${line}\n`);

function version(text: string): string {
  if (!isVersion(text)) throw new InvalidArgumentError(`A version is written as in ${TENSORFLOW}.`);
  return text;
}

interface Asked {
  device: 'cpu' | 'gpu';
  tensorflow: string;
  strict: boolean;
}

async function native({ strict, ...options }: Asked): Promise<void> {
  const began = performance.now();
  const controller = new AbortController();
  const abort = () => controller.abort(new Error('Interrupted; nothing was left half-made.'));
  // Once: the second Ctrl-C ends the process at once.
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const result = await setUpNative({ ...options, signal: controller.signal, say });
  if (result.lost) say(`tfjs-latent: ${result.lost}`);
  if (result.lost && strict) exitCode = PARTLY;
  process.stdout.write(`${summary(result, options.device, (performance.now() - began) / 1000)}\n`);
}

function summary(result: NativeSetUp, asked: 'cpu' | 'gpu', seconds: number): string {
  const { name, version: release } = result.package;
  const where = result.device === 'gpu' ? 'the GPU' : 'the CPU';
  const none =
    asked === 'gpu' && result.device === 'cpu'
      ? ' It found no usable GPU here; with TF_CPP_MIN_LOG_LEVEL=0 TensorFlow says why.'
      : '';
  const kernels = result.device === 'gpu' ? '' : result.lost ? ', without our kernels' : ' and our kernels';
  return `Done in ${seconds.toFixed(1)} s: ${name} ${release} computes on ${where} with TensorFlow ${result.version}${kernels}.${none}`;
}

async function main(): Promise<number> {
  const program = new Command('tfjs-latent')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) });
  program.description('K-means, Gaussian mixtures and PCA for TensorFlow.js: set-up of the native backend.');
  program
    .command('native')
    .description(
      "gives the project's @tensorflow/tfjs-node today's TensorFlow (Linux x86-64; kept in the user's cache)",
    )
    .addOption(new Option('--device <device>', 'the library to fetch').choices(['cpu', 'gpu']).default('cpu'))
    .addOption(
      new Option('--tensorflow <version>', "TensorFlow's version").default(TENSORFLOW).argParser(version),
    )
    .option(
      '--strict',
      `ends with ${PARTLY} where a part that fits can do without, the kernels, cannot be had`,
      false,
    )
    .exitOverride()
    .action(native);
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE;
    say(`tfjs-latent: ${error instanceof Error ? error.message : String(error)}`);
    return FAILED;
  }
}

void main().then((code) => {
  process.exitCode = code;
});
