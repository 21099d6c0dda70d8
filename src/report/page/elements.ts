/** An element with text in it: text only, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Names that tfjs-vis and Vega use as paths into records: the signs that mean something there get look-alikes. */
const LOOKS: Record<string, string> = { '.': '․', '[': '［', ']': '］', '\\': '＼', '"': '”', "'": '’' };
export const fieldName = (name: string): string =>
  `${name.replace(/[.[\]\\"']/g, (sign) => LOOKS[sign])}\u200b`;

/** The width that a picture may take, and a height that suits it. */
export function sizeOf(area: HTMLElement): { width: number; height: number } {
  const width = Math.max(240, Math.floor(area.clientWidth));
  return { width, height: Math.round(Math.min(420, Math.max(260, width * 0.62))) };
}
