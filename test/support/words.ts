/** Whether the words in a page's pictures can be read. */
import type { Page } from 'playwright-core';

/**
 * Words that stick out of their card, lie over other words of the same drawing, or are wider than their place; and
 * drawings of tfjs-vis with ink on the left or lower edge, where the names of the axes stand: they were cut there.
 * Half a line's height of two labels may touch: their boxes are taller than their letters.
 */
export const hiddenWords = (page: Page): Promise<string[]> =>
  page.$$eval('figure', (figures) => {
    type Part = (typeof figures)[number];
    const title = (figure: Part) => figure.querySelector('h3')!.textContent;
    const outside = (figure: Part) => {
      const card = figure.getBoundingClientRect();
      return [...figure.querySelectorAll('svg text')].flatMap((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const whole = left >= card.left && right <= card.right && top >= card.top && bottom <= card.bottom;
        return whole ? [] : [`${title(figure)}: "${text.textContent}" sticks out`];
      });
    };
    const over = (figure: Part) =>
      [...figure.querySelectorAll('svg')].flatMap((svg) => {
        const boxes = [...svg.querySelectorAll('text')]
          .filter(({ textContent }) => textContent !== '')
          .map((text) => ({ said: text.textContent, box: text.getBoundingClientRect() }));
        return boxes.flatMap((a, i) =>
          boxes.slice(i + 1).flatMap((b) => {
            const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
            const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
            const apart = across < 1 || down < Math.min(a.box.height, b.box.height) / 2;
            return apart ? [] : [`${title(figure)}: "${a.said}" lies over "${b.said}"`];
          }),
        );
      });
    const wide = (figure: Part) =>
      [...figure.querySelectorAll('h3, p, .legend, .legend span, .caption, .panel-title')].flatMap((each) =>
        each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
          ? [`${title(figure)}: "${each.textContent}" is too wide`]
          : [],
      );
    const cut = (figure: Part) =>
      [...figure.querySelectorAll<HTMLCanvasElement>('.vega-embed canvas')].flatMap((canvas) => {
        const { width, height } = canvas;
        const context = canvas.getContext('2d')!;
        const edges = [context.getImageData(0, 0, 1, height), context.getImageData(0, height - 1, width, 1)];
        const dark = edges.some(({ data }) =>
          data.some(
            (value: number, i: number) =>
              i % 4 === 3 && value > 100 && data[i - 1] + data[i - 2] + data[i - 3] < 300,
          ),
        );
        return dark ? [`${title(figure)}: ink on the edge of the canvas`] : [];
      });
    return figures.flatMap((figure) => [outside, over, wide, cut].flatMap((faults) => faults(figure)));
  });
