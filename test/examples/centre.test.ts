/** The example's drawings as MNIST has digits: what MNIST centred stays as it is, however large it is drawn, and where. */
import { centred, type Ink } from '../../examples/browser/src/digits/centre';
import { loadMnist } from '../../src/node/index.js';

const SIDE = 28;
const PAD = 280;

/** A digit drawn `zoom` times as large, with its upper left corner at (`left`, `top`). */
function drawn(digit: Uint8Array, zoom: number, left: number, top: number): Ink {
  const values = new Uint8Array(PAD * PAD);
  for (let y = 0; y < SIDE * zoom; y++) {
    for (let x = 0; x < SIDE * zoom; x++) {
      values[(top + y) * PAD + left + x] = digit[Math.floor(y / zoom) * SIDE + Math.floor(x / zoom)];
    }
  }
  return { values, width: PAD, height: PAD };
}

it.each([
  ['over the whole pad', 10, 0, 0],
  ['small, in the lower right corner', 6, 112, 112],
  ['a little off the middle', 9, 3, 28],
])('a test digit comes back to the pixel: %s', async (_, zoom, left, top) => {
  const { x, labels } = await loadMnist({ split: 'test', dir: 'data/mnist', nRows: 50 });
  labels.forEach((_, i) => {
    const digit = x.values.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2);
    expect(centred(drawn(digit, zoom, left, top))).toEqual(Uint8Array.from(digit));
  });
});

it('a dot, a line at the edge and nothing at all are no trouble', () => {
  const blank = new Uint8Array(PAD * PAD);
  expect(centred({ values: blank, width: PAD, height: PAD })).toBeNull();
  const dot = centred({ values: Uint8Array.of(0, 9, 0, 0), width: 2, height: 2 })!;
  // One pixel becomes a square of 20, about the middle.
  expect([...dot].filter((value) => value === 9)).toHaveLength(400);
  expect(dot[4 * SIDE + 4] + dot[23 * SIDE + 23]).toBe(18);
  const edge = blank.map((_, i) => (i % PAD < 14 ? 255 : 0));
  const line = centred({ values: edge, width: PAD, height: PAD })!;
  expect([...line].filter((value) => value > 0)).toHaveLength(20);
  expect(line[4 * SIDE + 14]).toBe(255);
});
