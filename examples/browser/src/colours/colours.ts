/** The tab of K-means: a picture, the number of its colours, and what is found. */
import { download, element, png, tell } from '../dom';
import { showTime } from '../machine';
import { drawCurve } from './curve';
import { showPalette, toCanvas, toCss, toGpl } from './palette';
import { NoPicture, readPicture, type Picture } from './picture';
import { segment, type Colour, type Progress } from './segment';

const original = element('original', HTMLCanvasElement);
const segmented = element('segmented', HTMLCanvasElement);
const pictureMessage = element('picture-message', HTMLElement);
const pictureNote = element('picture-note', HTMLElement);
const status = element('fit-status', HTMLElement);
const run = element('run', HTMLButtonElement);
const count = element('count', HTMLInputElement);
const start = element('start', HTMLSelectElement);
const split = element('split', HTMLInputElement);
const palette = element('palette', HTMLUListElement);
const curve = element('curve', SVGSVGElement);
const downloads = ['save-picture', 'save-swatches', 'save-css', 'save-gpl'].map((id) =>
  element(id, HTMLButtonElement),
);

let picture: Picture | null = null;
let found: Colour[] = [];
let running: AbortController | null = null;

const draw = (canvas: HTMLCanvasElement, image: ImageData): void =>
  canvas.getContext('2d', { willReadFrequently: true })!.putImageData(image, 0, 0);

/** How much of the photograph lies over what was found, from the left. */
function splitAt(value: number): void {
  split.value = String(value);
  split.setAttribute('aria-valuetext', value === 0 ? 'none of it' : `${value} % of the width`);
  original.style.clipPath = `inset(0 ${100 - value}% 0 0)`;
}

function showPicture(next: Picture): void {
  picture = next;
  const { pixels, name, note } = next;
  for (const canvas of [original, segmented]) {
    Object.assign(canvas, { width: pixels.width, height: pixels.height });
    draw(canvas, pixels);
  }
  original.setAttribute('aria-label', `The photograph: ${name}`);
  segmented.setAttribute('aria-label', `${name}, no colours found yet`);
  pictureNote.textContent = note;
  splitAt(0);
  showFound([]);
  drawCurve(curve, []);
  status.textContent = 'Each pixel is a point: red, green, blue.';
}

/** A new picture ends what is under way. */
async function open(file: Blob, name: string): Promise<void> {
  running?.abort();
  tell(pictureMessage, null);
  try {
    showPicture(await readPicture(file, name));
  } catch (error) {
    if (!(error instanceof NoPicture)) throw error;
    tell(pictureMessage, error.message);
  }
}

async function openLadybug(): Promise<void> {
  const response = await fetch('ladybug.png');
  if (response.ok) await open(await response.blob(), 'ladybug.png');
  else tell(pictureMessage, `ladybug.png: ${response.status} ${response.statusText}`);
}

function showFound(colours: Colour[]): void {
  found = colours;
  showPalette(palette, colours);
  element('no-palette', HTMLElement).hidden = colours.length > 0;
}

function showProgress({ image, colours }: Progress, history: readonly number[]): void {
  draw(segmented, image);
  showFound(colours);
  drawCurve(curve, history);
}

/** Clusters that lie on one colour, or on none, are one: a picture may have fewer than were asked for. */
function distinct(colours: Colour[]): Colour[] {
  const byColour = new Map<string, Colour>();
  for (const { rgb, share } of colours) {
    const same = byColour.get(rgb.join());
    byColour.set(rgb.join(), { rgb, share: share + (same?.share ?? 0) });
  }
  return [...byColour.values()].filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
}

async function find(from: Picture): Promise<void> {
  const controller = new AbortController();
  running = controller;
  run.textContent = 'Cancel';
  for (const each of downloads) each.disabled = true;
  const history: number[] = [];
  const nClusters = count.valueAsNumber;
  status.textContent = 'Choosing pixels to start from …';
  try {
    const options = { nClusters, init: start.value as 'k-means++' | 'random', signal: controller.signal };
    const result = await segment(from, options, (progress) => {
      if (controller.signal.aborted) return;
      history.push(progress.inertia);
      status.textContent = `Iteration ${progress.iteration} …`;
      showProgress(progress, history);
    });
    controller.signal.throwIfAborted();
    showProgress({ ...result, colours: distinct(result.colours) }, history);
    for (const each of downloads) each.disabled = false;
    finished(from, nClusters, result.iteration, result.converged);
    // Rows of three numbers are fitted in typed arrays, whatever the backend.
    showTime(result.fitting, `K-means, ${result.iteration} iterations`, 'the CPU');
  } catch (error) {
    if (from === picture) status.textContent = ended(error, controller.signal.aborted, history.length);
  } finally {
    if (running === controller) running = null;
    run.textContent = 'Find the colours';
  }
}

function ended(error: unknown, cancelled: boolean, iterations: number): string {
  if (cancelled) return `Cancelled after ${iterations} iterations: the picture shows the colours so far.`;
  console.error(error);
  return `That failed: ${error instanceof Error ? error.message : String(error)}`;
}

function finished({ name }: Picture, asked: number, iterations: number, converged: boolean): void {
  const fewer = found.length < asked ? ' Fewer than asked for: clusters of the same colour are one.' : '';
  const how = converged ? 'Settled' : 'Stopped, not settled,';
  status.textContent = `${how} after ${iterations} iterations: ${found.length} colours.${fewer}`;
  segmented.setAttribute('aria-label', `${name} in ${found.length} colours`);
}

function startDownloads(): void {
  const [toPicture, toSwatches, css, gpl] = downloads;
  const stem = () => picture!.name.replace(/\.[^.]*$/, '');
  const text = (content: string) => new Blob([content], { type: 'text/plain' });
  toPicture.addEventListener('click', async () =>
    download(`${stem()}-${found.length}-colours.png`, await png(segmented)),
  );
  toSwatches.addEventListener('click', async () =>
    download(`${stem()}-palette.png`, await png(toCanvas(found))),
  );
  css.addEventListener('click', () => download(`${stem()}-palette.css`, text(toCss(found))));
  gpl.addEventListener('click', () => download(`${stem()}-palette.gpl`, text(toGpl(stem(), found))));
}

/** Pictures dropped anywhere: beside the card too a browser would open them in place of this page. */
function startDrop(): void {
  const drop = element('drop', HTMLElement);
  const card = element('colours', HTMLElement);
  window.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.toggle('over', !card.hidden);
  });
  window.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) drop.classList.remove('over');
  });
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (card.hidden) return;
    const file = event.dataTransfer?.files[0];
    if (file) void open(file, file.name);
    else tell(pictureMessage, 'That was no file. Save the picture first, then drop the file here.');
  });
}

/** @returns `open`: shows the ladybug, when the tab is first opened */
export function startColours(): { open: () => void } {
  const file = element('file', HTMLInputElement);
  file.addEventListener('change', () => {
    const chosen = file.files?.[0];
    if (chosen) void open(chosen, chosen.name);
    file.value = ''; // the same file may be chosen again
  });
  element('ladybug', HTMLButtonElement).addEventListener('click', () => void openLadybug());
  const shown = element('count-shown', HTMLOutputElement);
  count.addEventListener('input', () => (shown.value = count.value));
  split.addEventListener('input', () => splitAt(split.valueAsNumber));
  element('fit', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) running.abort();
    else if (picture) void find(picture);
  });
  startDownloads();
  startDrop();
  return { open: () => void openLadybug() };
}
