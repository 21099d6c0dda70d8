/** Built by scripts/wasm.ts: see package.json's `imports`. */
declare module '#wasm-kernels' {
  const module: import('./instantiate.js').KernelModule;
  export default module;
}
