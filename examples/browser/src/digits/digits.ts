/** The tab of the mixture: a digit, what the model says of it, and new digits. */
import { element, tell } from '../dom';
import { showTime } from '../machine';
import { centred } from './centre';
import { showComponents, showProbabilities } from './components';
import { drawDensities, verdict } from './densities';
import { openMixture, type Mixture } from './mixture';
import { startPad } from './pad';
import { drawDigit, showDigits } from './picture';

/** public/digits.json, which prepare.ts writes. */
export interface Digits {
  /** Of MNIST's test digits, ascending, in nats. */
  logDensities: number[];
  /** [K][10] How many of them each component takes, by digit. */
  components: number[][];
  /** Of each digit the one whose density is the middle one. */
  typical: Sample[];
  /** Those of lowest density. */
  strange: Sample[];
}

export interface Sample {
  digit: number;
  /** 784 bytes in base64. */
  pixels: string;
}

const SAMPLES = 12;

const message = element('digits-message', HTMLElement);
const components = element('components', HTMLOListElement);
const densities = element('densities', SVGSVGElement);
const verdictText = element('verdict', HTMLElement);
const seen = element('seen', HTMLCanvasElement);
const sampleButton = element('sample', HTMLButtonElement);

let data: Digits | null = null;
let mixture: Mixture | null = null;
/** What is asked about; asked again on another backend. */
let pixels: ArrayLike<number> | null = null;
let opened = false;
let busy = Promise.resolve();

/** One after the other: a model is not freed while it computes. What fails is said, and does not stop what follows. */
function inTurn(work: () => Promise<void>): Promise<void> {
  busy = busy.then(work).catch((error: unknown) => {
    console.error(error);
    tell(message, `That failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  return busy;
}

/** The newest question only: while one is answered, a pen has moved on. */
let waiting = false;
function ask(next: ArrayLike<number> | null): void {
  pixels = next;
  if (waiting) return;
  waiting = true;
  components.ariaBusy = 'true';
  void inTurn(async () => {
    waiting = false;
    await answer();
    components.ariaBusy = String(waiting);
  });
}

async function answer(): Promise<void> {
  if (!mixture || !data) return;
  const about = pixels;
  drawDigit(seen, about ?? new Uint8Array(784));
  seen.setAttribute('aria-label', about ? 'The digit as the model sees it' : 'Nothing drawn');
  if (!about) {
    showProbabilities(components, null);
    drawDensities(densities, data.logDensities, null);
    verdictText.textContent = 'Nothing drawn yet.';
    return;
  }
  const { probabilities, logDensity, milliseconds } = await mixture.ask(about);
  showProbabilities(components, probabilities);
  drawDensities(densities, data.logDensities, logDensity);
  verdictText.textContent = verdict(data.logDensities, logDensity);
  showTime(milliseconds, 'One digit');
}

const decoded = ({ digit, pixels: bytes }: Sample, name: string) => ({
  name: `${name} ${digit}`,
  pixels: Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)),
});

async function fetched(): Promise<Digits> {
  const response = await fetch('digits.json');
  if (!response.ok) throw new Error(`digits.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as Digits;
}

/** Loads the mixture onto the backend in use. */
async function load(): Promise<void> {
  verdictText.textContent = 'Loading the mixture, 8 MB …';
  data ??= await fetched();
  mixture?.dispose();
  mixture = null;
  mixture = await openMixture();
  showComponents(components, mixture.means, data.components);
  tell(message, null);
  await answer();
}

/** @returns `open`: loads the model, when the tab is first opened; `reload`: on another backend, if it was */
export function startDigits(): { open: () => void; reload: () => Promise<void> } {
  const pad = startPad(() => ask(centred(pad.ink())));
  const take = (digit: { pixels: ArrayLike<number> }): void => {
    pad.show(digit.pixels);
    ask(digit.pixels);
  };
  element('clear', HTMLButtonElement).addEventListener('click', () => {
    pad.clear();
    ask(null);
  });
  sampleButton.addEventListener('click', () => {
    void inTurn(async () => {
      if (!mixture) return;
      const { digits, milliseconds } = await mixture.draw(SAMPLES);
      const shown = digits.map((each, i) => ({
        ...each,
        name: `New digit ${i + 1}, of component ${each.component + 1}`,
      }));
      showDigits(element('samples', HTMLUListElement), shown, take);
      showTime(milliseconds, `${SAMPLES} new digits`);
    });
  });
  const open = () => {
    opened = true;
    void inTurn(async () => {
      await load();
      const { typical, strange } = data!;
      showDigits(
        element('typical', HTMLUListElement),
        typical.map((each) => decoded(each, 'Test digit')),
        take,
      );
      showDigits(
        element('strange', HTMLUListElement),
        strange.map((each) => decoded(each, 'Strange')),
        take,
      );
    });
  };
  const reload = () => (opened ? inTurn(load) : Promise.resolve());
  return { open, reload };
}
