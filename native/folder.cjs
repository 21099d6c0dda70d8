/** Where the sources of the native kernels lie: this file is what `#native` names, in ESM and in CommonJS. */
module.exports = __dirname;
