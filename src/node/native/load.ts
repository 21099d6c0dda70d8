import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelFunc, Tensor } from '@tensorflow/tfjs-core';
import { InputError } from '../../core/errors.js';
import { hasKernels, NATIVE_KERNELS, registerKernels, type KernelName } from '../../core/native.js';
import { KERNEL_CODE } from '../../kernelCode.js';
import { kernelFile, kernelsFolder, opName } from './kernels.js';
import { LEVELS, NO_LEVEL, thisLevel, type Level } from './levels.js';

/**
 * Loads the kernels that were built for the TensorFlow that this process has loaded, and registers them for the backend
 * `tensorflow`. TFJS_LATENT_KERNELS names another set of instructions than the processor's widest, or is `none`.
 *
 * @param command what builds them
 * @returns null when that is done, or not wanted; else why not, in a sentence, with the remedy
 */
export function loadKernels(command: string): string | null {
  const asked = process.env.TFJS_LATENT_KERNELS;
  if (asked === 'none') return null;
  try {
    // Once is enough: this library's copy for import and that for require share tfjs-core's list.
    if (hasKernels('tensorflow')) return null;
    const file = findKernels(readFileSync('/proc/self/maps', 'utf8'), levelFor(asked), command);
    process.dlopen({ exports: {} }, file);
    registerKernels('tensorflow', kernelOf, KERNEL_CODE);
    return null;
  } catch (error) {
    if (error instanceof InputError) return `${error.message}.`;
    return `they do not load (${(error as Error).message.split('\n', 1)[0]}). Run '${command}'.`;
  }
}

function levelFor(asked: string | undefined): Level {
  const widest = thisLevel();
  if (widest === null) throw new InputError(NO_LEVEL);
  const here = LEVELS.slice(LEVELS.indexOf(widest));
  if (!asked || here.includes(asked as Level)) return (asked as Level) || widest;
  throw new InputError(`TFJS_LATENT_KERNELS is ${asked}; here it can be ${here.join(', ')} or none`);
}

/**
 * The file of kernels beside the TensorFlow in use: what was built against another one is never found.
 *
 * @param maps the files that this process has in memory, as in /proc/self/maps
 * @throws InputError when there is none
 */
export function findKernels(maps: string, level: Level, command: string): string {
  const found = new Set(maps.match(/\/.*(?=\/deps\/lib\/libtensorflow_framework\.so\.2.*$)/gm));
  if (found.size > 1) throw new InputError('two TensorFlows are loaded in this process');
  const [home] = found;
  const file = home && join(home, kernelsFolder(), kernelFile(level));
  if (file && existsSync(file)) return file;
  throw new InputError(`they are not built for the TensorFlow that is loaded. Run '${command}'`);
}

interface Executing {
  executeMultipleOutputs(op: string, attributes: [], inputs: Tensor[], outputs: number): Tensor[];
}

function kernelOf(name: KernelName): KernelFunc {
  const op = opName(name);
  const outputs = NATIVE_KERNELS[name];
  return ({ inputs, backend }) =>
    (backend as Executing).executeMultipleOutputs(op, [], Object.values(inputs) as Tensor[], outputs);
}
