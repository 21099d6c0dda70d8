import { SIDE } from './centre';

/** Ink from 0 to 255 as dark on white, on a canvas of 28 x 28. What lies beyond is clipped. */
export function drawDigit(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  Object.assign(canvas, { width: SIDE, height: SIDE });
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const light = 255 - pixels[i]; // ImageData clamps and rounds
    image.data.set([light, light, light, 255], 4 * i);
  }
  canvas.getContext('2d', { willReadFrequently: true })!.putImageData(image, 0, 0);
}

/** A new one. It says nothing to a screen reader: what stands beside it does. */
export function digitCanvas(pixels: ArrayLike<number>): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  drawDigit(canvas, pixels);
  return canvas;
}

/** Digits as buttons in a list. */
export function showDigits<T extends { pixels: ArrayLike<number>; name: string }>(
  list: HTMLUListElement,
  digits: readonly T[],
  chosen: (digit: T) => void,
): void {
  list.replaceChildren(
    ...digits.map((digit) => {
      const item = document.createElement('li');
      const button = Object.assign(document.createElement('button'), { type: 'button', title: digit.name });
      button.setAttribute('aria-label', digit.name);
      button.append(digitCanvas(digit.pixels));
      button.addEventListener('click', () => chosen(digit));
      item.append(button);
      return item;
    }),
  );
}
