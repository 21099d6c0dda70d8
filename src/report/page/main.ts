/** The page's own code: builds the sections and cards from the data that stands in the page, and draws each. */
import type { Card, ReportData, SectionData } from '../data.js';
import { place } from './card.js';
import { element } from './elements.js';

export { show } from './visor.js';

function figureOf(card: Card) {
  const { caption, area, paint } = place(card);
  const words = element('figcaption', {}, element('h3', { textContent: card.title }), ...caption);
  return { figure: element('figure', { className: card.wide ? 'wide' : '' }, words, area), paint };
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
  const placed = cards.map(figureOf);
  const figures = placed.map(({ figure }) => figure);
  const grid = element('div', { className: arrange(cards, figures) }, ...figures);
  const head = [
    element('h2', { textContent: title }),
    ...(text ? [element('p', { textContent: text })] : []),
  ];
  return { whole: element('section', {}, ...head, grid), paints: placed.map(({ paint }) => paint) };
}

/** What is drawn, and what is still to be: of several updates that come meanwhile the last one is. */
let drawing: Promise<void> | null = null;
let next: ReportData | null = null;

async function drawWhole(report: ReportData): Promise<void> {
  const made = report.sections.map(section);
  document.querySelector('main')!.replaceChildren(...made.map(({ whole }) => whole));
  const failed: unknown[] = [];
  for (const paint of made.flatMap(({ paints }) => paints))
    await paint().catch((error) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}

async function drain(): Promise<void> {
  const root = document.documentElement;
  try {
    while (next) {
      const report = next;
      next = null;
      await drawWhole(report);
    }
    root.dataset.ready = '1';
  } catch (error) {
    root.dataset.ready = 'error';
    throw error;
  } finally {
    drawing = null;
  }
}

/** Draws a report in place of the one that is there. */
export function update(report: ReportData): Promise<void> {
  next = report;
  return (drawing ??= drain());
}

/** Draws the report of the page. `html[data-ready]` is then `1`, or `error` where a picture could not be drawn. */
export const page = (): Promise<void> =>
  update(JSON.parse(document.getElementById('report')!.textContent!) as ReportData);

/** As {@link page}, and again whenever the server sends a report, until it says that the last one was sent. */
export async function live(address: string): Promise<void> {
  await page();
  const events = new EventSource(address);
  events.addEventListener('report', ({ data }) => void update(JSON.parse(data as string) as ReportData));
  events.addEventListener('end', () => {
    events.close();
    document.documentElement.dataset.live = 'ended';
  });
}
