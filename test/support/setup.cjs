const { spawnSync } = require('node:child_process');

/** Before the tests: the code of a report's page and the kernels for WebAssembly, from their sources as they are now. */
module.exports = () => {
  const code =
    "import('./scripts/page.ts').then((page) => page.ensurePage());" +
    "import('./scripts/wasm.ts').then((wasm) => wasm.ensureWasmKernels())";
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--eval', code], { stdio: 'inherit' });
  if (status !== 0)
    throw new Error('dist/report-page.cjs or dist/wasm-kernels.cjs could not be built (see above).');
};
