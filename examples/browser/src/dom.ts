/** The element of an id, which index.html has. */
export function element<E extends Element>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} #${id}.`);
  return found;
}

/** Says something that must be noticed, or takes it back. */
export function tell(where: HTMLElement, text: string | null): void {
  where.textContent = text ?? '';
  where.hidden = text === null;
}

/** Hands the user a file. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The canvas as a PNG. */
export const png = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture cannot be written.'))),
      'image/png',
    ),
  );

const SVG = 'http://www.w3.org/2000/svg';

/** An element of a drawing, with its attributes. */
export function svg(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}
