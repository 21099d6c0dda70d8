/** Where it is computed, and how long that took. */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import '@tensorflow/tfjs-backend-webgpu';
import { element, tell } from './dom';

/**
 * In the order in which they are tried. A digit is one row: too little for a graphics card to be faster than wasm. WebGPU is
 * for those who choose it: to look for an adapter where there is none writes to the console.
 */
const NAMES = { wasm: 'WebAssembly', webgl: 'WebGL', cpu: 'plain JavaScript', webgpu: 'WebGPU' } as const;
type Name = keyof typeof NAMES;

const select = element('backend', HTMLSelectElement);
const spent = element('spent', HTMLElement);
const message = element('machine-message', HTMLElement);

const there = (name: Name): boolean =>
  name === 'webgpu' ? 'gpu' in navigator : name !== 'webgl' || 'WebGL2RenderingContext' in window;

/** Whether it works now; the one before stays where it does not. */
async function take(name: Name): Promise<boolean> {
  const before = tf.engine().backendName;
  const works = await tf.setBackend(name).catch(() => false);
  if (!works && before) await tf.setBackend(before);
  return works;
}

/**
 * Takes the first backend that works, and lets the user choose another.
 *
 * @param changed what must move to the new one; the chooser waits for it
 */
export async function startMachine(changed: () => Promise<void>): Promise<void> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
  const names = Object.keys(NAMES) as Name[];
  for (const name of names) {
    const text = there(name) ? NAMES[name] : `${NAMES[name]} (not in this browser)`;
    const option = new Option(`${name}: ${text}`, name);
    option.disabled = !there(name);
    select.add(option);
  }
  for (const name of names) {
    if (there(name) && (await take(name))) break;
  }
  select.value = tf.getBackend();
  select.addEventListener('change', async () => {
    const name = select.value as Name;
    select.disabled = true;
    const works = await take(name);
    tell(message, works ? null : `${NAMES[name]} does not start on this device; ${tf.getBackend()} goes on.`);
    select.value = tf.getBackend();
    if (works) await changed();
    select.disabled = false;
    select.focus();
  });
}

/** Shows the milliseconds of a computation, and where it ran: on the backend, if nothing else is said. */
export function showTime(milliseconds: number, what: string, where = tf.getBackend()): void {
  spent.textContent = `${what}: ${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms on ${where}`;
}
