const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/**
 * CRC-32 as of zip and PNG (ISO 3309): tells numbers that were damaged or belong to another model. A browser has
 * SHA-256 on secure pages only.
 *
 * @param parts as if they were one
 * @returns eight hexadecimal digits
 */
export function checksum(...parts: Uint8Array[]): string {
  let c = 0xffffffff;
  for (const bytes of parts) {
    for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]) & 0xff] ^ (c >>> 8);
  }
  return ((c ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

/** JSON with its keys in order: a store may turn them around. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

/** The checksum of a model: of what is told about it, and of its numbers. */
export const sealOf = (told: unknown, bytes: Uint8Array): string =>
  checksum(new TextEncoder().encode(canonical(told)), bytes);
