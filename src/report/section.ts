import type { Card, SectionData } from './data.js';
import { confusionCard, type ConfusionInput } from './cards/confusion.js';
import { ellipsesCard, type EllipsesInput } from './cards/ellipses.js';
import { linesCard, type LinesInput } from './cards/lines.js';
import { scatterCard, type ScatterInput } from './cards/scatter.js';
import { tableCard, type TableInput } from './cards/table.js';

/** A part of a report: a heading, a paragraph, and cards. Each method adds a card and returns the section. */
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

  /**
   * A table of text and numbers.
   *
   * @throws InputError where a row has not as many cells as there are headers
   */
  table(input: TableInput): this {
    return this.#add(tableCard(input));
  }

  /**
   * Curves by iteration, or by the number of clusters.
   *
   * @throws InputError where a number is not finite, or x and y differ in length
   */
  lines(input: LinesInput): this {
    return this.#add(linesCard(input));
  }

  /**
   * Points [N, 2], by class. More than 5,000 are sampled, and the card says so.
   *
   * @throws InputError where a number is not finite, or there are not N labels
   */
  scatter(input: ScatterInput): this {
    return this.#add(scatterCard(input));
  }

  /**
   * True classes by found classes.
   *
   * @throws InputError where the matrix is not square, or has not as many rows as there are names
   */
  confusion(input: ConfusionInput): this {
    return this.#add(confusionCard(input));
  }

  /**
   * Points [N, 2] with the ellipses of a mixture's components.
   *
   * @throws InputError where a number is not finite, or shapes do not fit
   */
  ellipses(input: EllipsesInput): this {
    return this.#add(ellipsesCard(input));
  }

  /** @internal */
  toJSON(): SectionData {
    return { title: this.title, text: this.text, cards: [...this.#cards] };
  }
}
