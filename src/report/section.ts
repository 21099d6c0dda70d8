import type { Card, SectionData } from './data.js';
import { barsCard, type BarsInput } from './cards/bars.js';
import { confusionCard, type ConfusionInput } from './cards/confusion.js';
import { densityCard, type DensityInput } from './cards/density.js';
import { digitsCard, type DigitsInput } from './cards/digits.js';
import { ellipsesCard, type EllipsesInput } from './cards/ellipses.js';
import { heatmapCard, type HeatmapInput } from './cards/heatmap.js';
import { histogramCard, type HistogramInput } from './cards/histogram.js';
import { imagesCard, type ImagesInput } from './cards/images.js';
import { linesCard, type LinesInput } from './cards/lines.js';
import { regionsCard, type RegionsInput } from './cards/regions.js';
import { scatterCard, type ScatterInput } from './cards/scatter.js';
import { silhouettesCard, type SilhouettesInput } from './cards/silhouettes.js';
import { tableCard, type TableInput } from './cards/table.js';

/**
 * A part of a report: a heading, a paragraph, and cards. Each method adds a card and returns the section; each throws
 * an InputError where a number is not finite, shapes do not fit, or a word is not text.
 */
export class Section {
  readonly #cards: Card[] = [];

  /** @internal */
  constructor(
    readonly title: string,
    readonly text: string,
  ) {}

  /** The cards so far. */
  get cards(): readonly Card[] {
    return this.#cards;
  }

  #add(card: Card): this {
    this.#cards.push(card);
    return this;
  }

  /** A table of text and numbers. */
  table(input: TableInput): this {
    return this.#add(tableCard(input));
  }

  /** Curves by iteration, or by the number of clusters. */
  lines(input: LinesInput): this {
    return this.#add(linesCard(input));
  }

  /** Points [N, 2], by class. More than 5,000 are sampled, and the card says so. */
  scatter(input: ScatterInput): this {
    return this.#add(scatterCard(input));
  }

  /** A bar for each name. */
  bars(input: BarsInput): this {
    return this.#add(barsCard(input));
  }

  /** How values are distributed. */
  histogram(input: HistogramInput): this {
    return this.#add(histogramCard(input));
  }

  /** True classes by found classes. */
  confusion(input: ConfusionInput): this {
    return this.#add(confusionCard(input));
  }

  /** Numbers [R, C] as shades. */
  heatmap(input: HeatmapInput): this {
    return this.#add(heatmapCard(input));
  }

  /** Points [N, 2] with the ellipses of a mixture's components. */
  ellipses(input: EllipsesInput): this {
    return this.#add(ellipsesCard(input));
  }

  /** The label of each part of the plane; {@link regionsOf} asks a model. */
  regions(input: RegionsInput): this {
    return this.#add(regionsCard(input));
  }

  /** Contours of a log density; {@link densityOf} asks a model. */
  density(input: DensityInput): this {
    return this.#add(densityCard(input));
  }

  /** The silhouette of every row, by cluster. */
  silhouettes(input: SilhouettesInput): this {
    return this.#add(silhouettesCard(input));
  }

  /** Image files, with their colours. */
  images(input: ImagesInput): this {
    return this.#add(imagesCard(input));
  }

  /** Small square images in grey. */
  digits(input: DigitsInput): this {
    return this.#add(digitsCard(input));
  }

  /** @internal */
  toJSON(): SectionData {
    return { title: this.title, text: this.text, cards: [...this.#cards] };
  }
}
