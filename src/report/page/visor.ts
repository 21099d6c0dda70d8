import type { ReportData } from '../data.js';
import { place } from './card.js';
import { element } from './elements.js';

/** Tabs and surfaces are found again by their names: names that come twice are told apart by zero-width spaces. */
const apart = (names: readonly string[]): string[] =>
  names.map((name, i) => name + '\u200b'.repeat(names.slice(0, i).filter((each) => each === name).length));

/** Draws a report into tfjs-vis' visor: a tab for each section, a surface for each card; again into the same ones. */
export async function show({ sections }: ReportData): Promise<void> {
  const visor = tfvis.visor();
  const known = document.getElementById('tfjs-visor-container')?.dataset.report !== undefined;
  const tabs = apart(sections.map(({ title }) => title));
  for (const [i, { cards }] of sections.entries()) {
    const names = apart(cards.map(({ title }) => title));
    for (const [k, card] of cards.entries()) {
      const surface = visor.surface({ name: names[k], tab: tabs[i], styles: { height: 'auto' } });
      const { caption, area, paint } = place(card);
      surface.drawArea.replaceChildren(element('div', {}, ...caption), area);
      await paint();
    }
  }
  if (known || tabs.length === 0) return;
  visor.open();
  visor.setActiveTab(tabs[0]);
  const container = document.getElementById('tfjs-visor-container');
  if (container) container.dataset.report = '';
}
