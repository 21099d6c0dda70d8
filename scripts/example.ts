/**
 * `npm run example`: builds the package and serves examples/browser while its files change. `-- build <folder>` writes the
 * page there instead, from the package as it was built last.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, createServer, type ViteDevServer } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = path.join(ROOT, 'examples/browser');

/** What `npm install` in the example makes of "file:../.."; what else it needs is found in this repository's folder. */
function link(): void {
  const at = path.join(EXAMPLE, 'node_modules/tfjs-latent');
  if (existsSync(at)) return;
  mkdirSync(path.dirname(at), { recursive: true });
  symlinkSync('../../..', at);
}

/** Serves the page, with the package as it was built last. */
export async function serveExample(): Promise<ViteDevServer> {
  link();
  const server = await createServer({ root: EXAMPLE });
  return server.listen();
}

async function writeExample(folder: string): Promise<void> {
  link();
  const to = { outDir: path.resolve(folder), emptyOutDir: true };
  await build({ root: EXAMPLE, logLevel: 'warn', build: to });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, folder] = process.argv.slice(2);
  if (command === 'build' && folder) await writeExample(folder);
  else if (command) throw new Error('Say nothing, to serve the page, or: build <folder>.');
  else {
    const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) process.exit(1);
    (await serveExample()).printUrls();
  }
}
