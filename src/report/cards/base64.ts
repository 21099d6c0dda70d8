/** What Node and browsers both have, and TypeScript's language library does not name. */
declare const btoa: (binary: string) => string;

/** A call takes so many arguments at least, everywhere. */
const CHUNK = 8192;

/** Bytes as base64, in Node and in a browser. */
export function base64(bytes: Uint8Array | Uint8ClampedArray): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}
