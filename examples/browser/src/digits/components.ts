/** The components: each with its mean, the digits that it takes, and its probability. */
import { digitCanvas } from './picture';

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** Digits of at least so large a share of a component are named. */
const NAMED = 0.15;

/** The digits that a component took most of its test digits from. */
function named(counts: readonly number[]): string {
  const total = counts.reduce((a, b) => a + b, 0);
  const most = counts
    .map((count, digit) => ({ digit, share: count / total }))
    .filter(({ share }) => share >= NAMED);
  return most
    .sort((a, b) => b.share - a.share)
    .map(({ digit }) => digit)
    .join(', ');
}

/** @param counts [K][10] test digits of each component, by digit */
export function showComponents(
  list: HTMLOListElement,
  means: readonly ArrayLike<number>[],
  counts: readonly (readonly number[])[],
): void {
  list.replaceChildren(...means.map((mean, k) => component(k, mean, named(counts[k]))));
  showProbabilities(list, null);
}

const part = (tag: string, className: string, text = ''): HTMLElement =>
  Object.assign(document.createElement(tag), { className, textContent: text });

function component(k: number, mean: ArrayLike<number>, digits: string): HTMLElement {
  const name = part('span', 'name');
  name.id = `component-${k}`;
  name.append(part('span', 'sr', `Component ${k + 1}, mostly `), digits);
  const meter = part('div', 'meter');
  const attributes = { role: 'meter', 'aria-labelledby': name.id, 'aria-valuemin': 0, 'aria-valuemax': 1 };
  for (const [key, value] of Object.entries(attributes)) meter.setAttribute(key, String(value));
  meter.append(part('div', 'bar'));
  const item = document.createElement('li');
  item.append(digitCanvas(mean), name, meter, part('span', 'number'));
  return item;
}

/** [K], or null where nothing was asked. */
export function showProbabilities(list: HTMLOListElement, probabilities: Float32Array | null): void {
  const most = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  [...list.children].forEach((item, k) => {
    const value = probabilities?.[k] ?? 0;
    const [meter, number] = [item.querySelector<HTMLElement>('.meter')!, item.querySelector('.number')!];
    const text = probabilities ? percent(value) : '–';
    meter.setAttribute('aria-valuenow', String(value));
    meter.setAttribute('aria-valuetext', text);
    (meter.firstElementChild as HTMLElement).style.width = `${100 * value}%`;
    number.textContent = text;
    item.classList.toggle('most', k === most);
  });
}
