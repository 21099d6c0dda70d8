/** How the kernels come into WebAssembly: what each computes is tested beside the algorithm that calls it. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { InputError } from '../../src/core/errors.js';
import { hasKernels, nativeKernel } from '../../src/core/native.js';
import { VERSION } from '../../src/core/version.js';
import { useWasmKernels } from '../../src/wasm/index.js';

const check = (values: ArrayLike<number>): number[] =>
  tf.tidy(() => {
    const [sum, n] = nativeKernel('LatentCheck')!({ x: tf.tensor1d(Float32Array.from(values)) });
    const [high, low] = sum.dataSync();
    return [high + low, n.dataSync()[0]];
  });

const wasm = () => (tf.backend() as unknown as { wasm: { asm: { memory?: WebAssembly.Memory } } }).wasm;

describe('useWasmKernels', () => {
  beforeEach(() => tf.setBackend('wasm'));

  it('wants the backend in use to be wasm', async () => {
    await tf.setBackend('cpu');
    await expect(useWasmKernels()).rejects.toThrow(InputError);
    await expect(useWasmKernels()).rejects.toThrow(
      "the backend in use is 'cpu'; call await tf.setBackend('wasm') before",
    );
  });

  it('says what to do where the backend has threads, or there is no SIMD, and registers nothing', async () => {
    const { asm } = wasm();
    Object.assign(wasm(), { asm: {} });
    await expect(useWasmKernels()).rejects.toThrow(/set\('WASM_HAS_MULTITHREAD_SUPPORT', false\)/);
    Object.assign(wasm(), { asm });
    const compile = jest.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('invalid opcode 0xfd'));
    await expect(useWasmKernels()).rejects.toThrow('there is no SIMD here (invalid opcode 0xfd)');
    compile.mockRestore();
    expect(hasKernels('wasm')).toBe(false);
  });

  it('registers kernels that compute beside tensors that were there before, also when memory grows', async () => {
    const numbers = Float32Array.from({ length: 100_003 }, (_, i) => (i * 37) % 4093);
    const kept = tf.tensor1d(numbers);
    await useWasmKernels();
    const sum = numbers.reduce((total, value) => total + value * value, 0);
    expect(check(numbers)).toEqual([sum, numbers.length]);
    const { byteLength } = wasm().asm.memory!.buffer;
    const large = tf.zeros([byteLength / 4]);
    expect(wasm().asm.memory!.buffer.byteLength).toBeGreaterThan(byteLength);
    expect(check(numbers)).toEqual([sum, numbers.length]);
    expect([...kept.dataSync()]).toEqual([...numbers]);
    tf.dispose([kept, large]);
  });

  it('does nothing when it is called again', async () => {
    await useWasmKernels();
    const first = tf.getKernel(`LatentCheck-${VERSION}`, 'wasm');
    await useWasmKernels();
    expect(tf.getKernel(`LatentCheck-${VERSION}`, 'wasm')).toBe(first);
  });

  it('kernels throw what they find wrong, leave no tensor behind, and compute afterwards', async () => {
    await useWasmKernels();
    const before = tf.memory().numTensors;
    // An error leaves kernels' stack where it was: a thousand would fill it.
    for (let i = 0; i < 1000; i++) expect(() => check([1, NaN])).toThrow('LatentCheck: a number is NaN');
    expect(check([3, 4])).toEqual([25, 2]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes them away with the backend, and brings them back', async () => {
    await useWasmKernels();
    const factory = tf.findBackendFactory('wasm');
    await tf.setBackend('cpu');
    tf.removeBackend('wasm');
    expect(hasKernels('wasm')).toBe(false);
    tf.registerBackend('wasm', factory);
    await tf.setBackend('wasm');
    expect(nativeKernel('LatentCheck')).toBeNull();
    await useWasmKernels();
    expect(check([3, 4])).toEqual([25, 2]);
  });
});
