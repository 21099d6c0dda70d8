/** Where a digit is drawn, by mouse, pen or finger. */
import { element } from '../dom';
import { SIDE, type Ink } from './centre';
import { drawDigit } from './picture';

/** Of a side of 280: about 2 of 20 pixels where a digit fills the pad, as in MNIST. */
const PEN = 22;

export interface Pad {
  ink(): Ink;
  clear(): void;
  /** Shows a digit of 28 x 28, to go on drawing. */
  show(pixels: ArrayLike<number>): void;
}

/** @param changed after each piece of a line */
export function startPad(changed: () => void): Pad {
  const canvas = element('pad', HTMLCanvasElement);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const { width, height } = canvas;
  const clear = () => {
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
  };
  clear();
  Object.assign(context, { lineCap: 'round', lineJoin: 'round', lineWidth: PEN, strokeStyle: 'black' });
  let last: [number, number] | null = null;
  const line = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    const to: [number, number] = [
      ((event.clientX - box.left) * width) / box.width,
      ((event.clientY - box.top) * height) / box.height,
    ];
    context.beginPath();
    context.moveTo(...(last ?? to));
    context.lineTo(...to);
    context.stroke();
    last = to;
    changed();
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    line(event);
  });
  canvas.addEventListener('pointermove', (event) => last && line(event));
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (last = null));
  return {
    ink: () => {
      const { data } = context.getImageData(0, 0, width, height);
      return {
        values: Uint8Array.from({ length: width * height }, (_, i) => 255 - data[4 * i]),
        width,
        height,
      };
    },
    clear,
    show: (pixels) => {
      const small = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE });
      drawDigit(small, pixels);
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, width, height);
    },
  };
}
