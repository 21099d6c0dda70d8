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

/** The width that a picture may take; where it is hidden, that of the visor. */
export const widthOf = (area: HTMLElement): number => Math.max(240, Math.floor(area.clientWidth || 480));

/** That width, and a height that suits it. */
export function sizeOf(area: HTMLElement): { width: number; height: number } {
  const width = widthOf(area);
  return { width, height: Math.round(Math.min(420, Math.max(260, width * 0.62))) };
}
