import { readFileSync } from 'node:fs';
import { VERSION } from '../../src/core/version.js';
import { checksum } from '../../src/graph/checksum.js';

it("the version that models are saved with is the package's", () => {
  expect(VERSION).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
});

it('the checksum is CRC-32: its check value, and that of nothing', () => {
  expect(checksum(new TextEncoder().encode('123456789'))).toBe('cbf43926');
  expect(checksum(new Uint8Array(0))).toBe('00000000');
});
