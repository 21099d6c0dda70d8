/** Makes the data of a case: `make.ts <case> <size>`. A process of its own, so that the harness loads no TensorFlow. */
import { CASES } from './cases.js';
import { open, type Size } from './dataset.js';

const [name, size] = process.argv.slice(2);
void open(CASES.find((each) => each.name === name)!.data, size as Size);
