/** A process with WebGPU: the cases of the contract that it is asked for, and what linalg says there. One line of JSON. */
import { env, fill } from '@tensorflow/tfjs-core';
import { linalg } from '../../src/index.js';
import { useBestBackend } from '../../src/node/index.js';
import { answersOf } from '../contract/case.js';
import { cases } from '../contract/cases.js';

const chosen = await useBestBackend('webgpu');
env().set('WEBGPU_CPU_FORWARD', false);
const answers: Record<string, unknown> = {};
for (const name of process.argv.slice(2)) {
  answers[name] = await answersOf(
    cases.find((each) => each.name === name)!,
    'tensors',
  );
}
let said = '';
try {
  linalg.inverse(fill([3, 3], 1));
} catch (error) {
  said = String(error);
}
process.stdout.write(`${JSON.stringify({ chosen, answers, said })}\n`, () => process.exit(0));
