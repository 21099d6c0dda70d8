#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isVersion, setUpNative, TENSORFLOW, type NativeSetUp } from './native.js';

/** Exit codes: the work is done, it could not be done, the command was not understood. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;

const say = (line: string) => void process.stderr.write(`${line}\n`);

function version(text: string): string {
  if (!isVersion(text)) throw new InvalidArgumentError(`A version is written as in ${TENSORFLOW}.`);
  return text;
}

async function native(options: { device: 'cpu' | 'gpu'; tensorflow: string }): Promise<void> {
  const began = performance.now();
  const controller = new AbortController();
  const abort = () => controller.abort(new Error('Interrupted; nothing was left half-made.'));
  // Once: the second Ctrl-C ends the process at once.
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const result = await setUpNative({ ...options, signal: controller.signal, say });
  process.stdout.write(`${summary(result, options.device, (performance.now() - began) / 1000)}\n`);
}

function summary(result: NativeSetUp, asked: 'cpu' | 'gpu', seconds: number): string {
  const { name, version: release } = result.package;
  const where = result.device === 'gpu' ? 'the GPU' : 'the CPU';
  const none =
    asked === 'gpu' && result.device === 'cpu'
      ? ' It found no usable GPU here; with TF_CPP_MIN_LOG_LEVEL=0 TensorFlow says why.'
      : '';
  return `Done in ${seconds.toFixed(1)} s: ${name} ${release} computes on ${where} with TensorFlow ${result.version}.${none}`;
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
    .exitOverride()
    .action(native);
  try {
    await program.parseAsync();
    return DONE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE;
    say(`tfjs-latent: ${error instanceof Error ? error.message : String(error)}`);
    return FAILED;
  }
}

void main().then((code) => {
  process.exitCode = code;
});
