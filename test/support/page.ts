/** A page of an app that has tfjs by script tags, and this library beside it: window.tf and window.latent. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';

const PACKAGES = 'node_modules/@tensorflow';
const SCRIPTS = [
  'tfjs/dist/tf.min.js',
  'tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
  'tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js',
];
const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.css': 'text/css',
  '.png': 'image/png',
};

const HTML = `<!doctype html><link rel="icon" href="data:,">${SCRIPTS.map((src) => `<script src="/${src}"></script>`).join('')}
<script>tf.wasm.setWasmPaths('/tfjs-backend-wasm/dist/');</script><script src="/latent.js"></script>`;

/** The library, or what has it and more, as one script; tfjs is the page's. */
async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'iife',
    globalName: 'latent',
    write: false,
    plugins: [
      {
        name: 'tf-of-the-page',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^@tensorflow\/tfjs-(core|layers)$/ }, () => ({
            path: 'tf',
            namespace: 'page',
          }));
          onLoad({ filter: /.*/, namespace: 'page' }, () => ({ contents: 'module.exports = tf;' }));
        },
      },
    ],
  });
  return outputFiles[0].contents;
}

export interface Served {
  url: string;
  close(): void;
}

/** Serves what `contentOf` gives for a path, or 404 where it rejects. */
export async function serve(contentOf: (name: string) => Promise<string | Uint8Array>): Promise<Served> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const content = await contentOf(pathname).catch(() => null);
    const type = TYPES[path.extname(pathname)] ?? 'text/html';
    response.writeHead(content === null ? 404 : 200, { 'content-type': type }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => void server.close(),
  };
}

/** Serves the page at /, and a folder at /models. */
export async function servePage(models: string, entry = 'src/index.ts'): Promise<Served> {
  const latent = await bundle(entry);
  return serve(async (name) => {
    if (name === '/') return HTML;
    if (name === '/latent.js') return latent;
    return readFile(
      name.startsWith('/models/') ? path.join(models, name.slice(8)) : path.join(PACKAGES, name),
    );
  });
}

/** Serves a folder, as any server of static files does. */
export const serveFolder = (folder: string): Promise<Served> =>
  serve((name) => readFile(path.join(folder, name === '/' ? 'index.html' : name)));
