import type { TableData } from '../data.js';
import { element } from './elements.js';

const isNumber = (cell: string): boolean => /^[-+]?[\d.,]+(e[-+]?\d+)?\s?%?$/i.test(cell);

/** A table of text: numbers to the right, the first column as the rows' headings. */
export function drawTable(area: HTMLElement, { headers, rows }: TableData): void {
  const right = headers.map(
    (_, j) =>
      j > 0 && rows.some((row) => isNumber(row[j])) && rows.every((row) => !row[j] || isNumber(row[j])),
  );
  const cell = (tag: 'td' | 'th', text: string, j: number, scope = '') =>
    element(tag, { textContent: text, className: right[j] ? 'number' : '', ...(scope && { scope }) });
  const head = element('tr', {}, ...headers.map((text, j) => cell('th', text, j, 'col')));
  const body = rows.map((row) =>
    element('tr', {}, ...row.map((text, j) => (j === 0 ? cell('th', text, j, 'row') : cell('td', text, j)))),
  );
  const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...body));
  area.replaceChildren(element('div', { className: 'scroll', tabIndex: 0 }, table));
}
