const { TestEnvironment } = require('jest-environment-node');

/**
 * tfjs-node's binding returns the outer realm's typed arrays, for which `instanceof Float32Array` is false inside
 * jest's sandbox. Tests and the code they load get the outer realm's, so that both sides speak of the same ones.
 */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const type of [
      'Float32Array',
      'Float64Array',
      'Int32Array',
      'Uint8Array',
      'Uint8ClampedArray',
      'ArrayBuffer',
    ]) {
      this.global[type] = globalThis[type];
    }
  }
};
