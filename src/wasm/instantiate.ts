import { engine, type DataType, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';

/** A built module of kernels (`native/*.cc`): code that may lie anywhere in a memory, and what it wants of that. */
export interface KernelModule {
  /** In base64. */
  readonly code: string;
  /** Bytes of its own data. */
  readonly data: number;
  /** Functions in its table. */
  readonly functions: number;
}

/** What of TensorFlow.js' WebAssembly backend the kernels use. */
interface Backend {
  readonly wasm: {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    readonly asm: { readonly memory?: WebAssembly.Memory };
  };
  readonly dataIdMap: { get(id: object): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

/** One run of a kernel: where its inputs lie, and what it has made. */
interface Call {
  readonly backend: Backend;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: TensorInfo[];
}

/** Bytes: kernels keep what is large elsewhere. */
const STACK = 2 ** 18;

/** As kernels number them. Pointers come from them as signed numbers. */
const DTYPES = ['float32', 'int32'] as const;

/**
 * Puts a module into the memory of the WebAssembly backend in use: kernels read its tensors where they lie, and write
 * into new ones. `native/webassembly/host.cc` is the other side.
 *
 * @returns what runs the kernel of a name
 * @throws InputError where the backend runs in several threads, or there is no SIMD
 */
export async function instantiate(module: KernelModule): Promise<(name: string) => KernelFunc> {
  const { wasm } = engine().backend as unknown as Backend;
  const { memory } = wasm.asm;
  if (!memory) throw new InputError(THREADS);
  const compiled = await WebAssembly.compile(bytesOf(module.code)).catch((error: Error) => {
    throw new InputError(
      `useWasmKernels: there is no SIMD here (${error.message}); all works without the kernels.`,
    );
  });
  const stack = global(place(wasm, STACK) + STACK, true);
  let call: Call;
  const instance = await WebAssembly.instantiate(compiled, {
    env: {
      memory,
      __indirect_function_table: new WebAssembly.Table({ element: 'anyfunc', initial: module.functions }),
      __stack_pointer: stack,
      __memory_base: global(place(wasm, module.data)),
      __table_base: global(0),
    },
    latent: { ...memoryOf(wasm), ...tensorsOf(memory, () => call), exp: Math.exp, log: Math.log },
  });
  const exports = instance.exports as Record<string, () => void>;
  exports.__wasm_apply_data_relocs();
  return (name) =>
    ({ inputs, backend }) => {
      call = { backend: backend as Backend, inputs: Object.values(inputs) as TensorInfo[], outputs: [] };
      const top = stack.value;
      try {
        exports[name]();
        return call.outputs;
      } finally {
        stack.value = top; // an error leaves it where it was thrown
      }
    };
}

const THREADS =
  "useWasmKernels: TensorFlow.js' WebAssembly backend runs in several threads here, these kernels in one. Call " +
  "tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) before the backend starts.";

const bytesOf = (code: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(code), (character) => character.charCodeAt(0));

const global = (value: number, mutable = false): WebAssembly.Global =>
  new WebAssembly.Global({ value: 'i32', mutable }, value);

/** Alignment that vectors may rely on; the backend's own allocator gives half of it. */
const ALIGNED = 16;

function place(wasm: Backend['wasm'], bytes: number): number {
  const pointer = wasm._malloc(bytes + ALIGNED);
  if (pointer === 0) throw new Error('useWasmKernels: the memory of the WebAssembly backend is full.');
  return Math.ceil(pointer / ALIGNED) * ALIGNED;
}

const memoryOf = (wasm: Backend['wasm']) => ({
  allocate: (bytes: number) => wasm._malloc(bytes),
  release: (pointer: number) => wasm._free(pointer),
});

const tensorsOf = (memory: WebAssembly.Memory, call: () => Call) => ({
  input: (index: number) => {
    const { backend, inputs } = call();
    return backend.dataIdMap.get(inputs[index].dataId).memoryOffset;
  },
  size: (index: number) => call().inputs[index].shape.reduce((a, b) => a * b, 1),
  dim: (index: number, axis: number) => call().inputs[index].shape[axis],
  output: (index: number, dtype: number, shape: number, rank: number) => {
    const { backend, outputs } = call();
    const made = backend.makeOutput([...new Int32Array(memory.buffer, shape >>> 0, rank)], DTYPES[dtype]);
    outputs[index] = made;
    return backend.dataIdMap.get(made.dataId).memoryOffset;
  },
  fail: (message: number, length: number) => {
    throw new Error(new TextDecoder().decode(new Uint8Array(memory.buffer, message >>> 0, length)));
  },
});
