import { defineConfig } from 'vite';
import { prepare } from './prepare.ts';

export default defineConfig({
  // The built page may lie in any folder of a server.
  base: './',
  plugins: [{ name: 'what-the-page-loads', config: () => prepare() }],
  // One engine: tfjs-latent, a link to the folder above, would bring its own.
  resolve: { dedupe: ['@tensorflow/tfjs-core'] },
  server: { fs: { allow: ['../..'] } },
  // TensorFlow.js is most of it.
  build: { chunkSizeWarningLimit: 4000 },
});
