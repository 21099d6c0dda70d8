/** The page's own code: builds the sections and cards from the data that stands in the page, and draws each. */
import type { Card, ReportData, SectionData } from '../data.js';
import { element } from './elements.js';
import { draw } from './picture.js';

/** Each card's element is there, and has its width, before any is drawn. */
function place(card: Card): { figure: HTMLElement; paint: () => Promise<void> } {
  const { title, text, alt, wide, note, picture } = card;
  const area = element('div', { className: `draw ${picture.kind}` });
  // Tables and rows of images speak for themselves; of a drawing a screen reader gets the text.
  if (!['table', 'images', 'digits'].includes(picture.kind)) {
    area.setAttribute('role', 'img');
    area.setAttribute('aria-label', alt ?? title);
  }
  const words = [element('h3', { textContent: title }), element('p', { textContent: text })];
  const notes = note ? [element('p', { className: 'note', textContent: note })] : [];
  const caption = element('figcaption', {}, ...words, ...notes);
  const figure = element('figure', { className: wide ? 'wide' : '' }, caption, area);
  return { figure, paint: () => draw(area, picture) };
}

/** Two columns, three where there are three cards: a card that would stand alone takes the whole row. */
function arrange(cards: readonly Card[], figures: readonly HTMLElement[]): string {
  if (cards.length === 3 && cards.every(({ wide }) => !wide)) return 'cards three';
  let column = 0;
  cards.forEach(({ wide }, i) => {
    if (wide) column = 0;
    else if (column === 1) column = 0;
    else if (cards[i + 1] && !cards[i + 1].wide) column = 1;
    else figures[i].className = 'wide';
  });
  return 'cards';
}

function section({ title, text, cards }: SectionData) {
  const placed = cards.map(place);
  const figures = placed.map(({ figure }) => figure);
  const grid = element('div', { className: arrange(cards, figures) }, ...figures);
  const head = [
    element('h2', { textContent: title }),
    ...(text ? [element('p', { textContent: text })] : []),
  ];
  return { whole: element('section', {}, ...head, grid), paints: placed.map(({ paint }) => paint) };
}

/** Draws the report of the page. `html[data-ready]` is then `1`, or `error` where a picture could not be drawn. */
export async function page(): Promise<void> {
  const root = document.documentElement;
  try {
    const report = JSON.parse(document.getElementById('report')!.textContent!) as ReportData;
    const made = report.sections.map(section);
    document.querySelector('main')!.replaceChildren(...made.map(({ whole }) => whole));
    for (const paint of made.flatMap(({ paints }) => paints)) await paint();
    root.dataset.ready = '1';
  } catch (error) {
    root.dataset.ready = 'error';
    throw error;
  }
}
