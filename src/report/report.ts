import type { ReportData } from './data.js';
import { html } from './html.js';
import { text } from './input.js';
import { Section } from './section.js';
import { show } from './show.js';

/** A page of this size (characters) opens slowly, and is too large for most mail. */
const LARGE = 10_000_000;

/**
 * A dashboard: sections of cards, written as one HTML file that opens from disk and asks for nothing.
 *
 * @example
 * const report = new Report('Three blobs', 'Found by K-means.');
 * report.section('Data').scatter({ title: 'Points', text: 'Three groups.', x: 'width (cm)', y: 'height (cm)', points });
 * await writeFile('blobs.html', report.toHtml());
 */
export class Report {
  readonly #sections: Section[] = [];

  /**
   * @param title the page's heading
   * @param lead a sentence below it
   * @throws InputError where one is not text
   */
  constructor(
    readonly title: string,
    readonly lead = '',
  ) {
    text('Report: title', title);
    text('Report: lead', lead);
  }

  /** The sections so far. */
  get sections(): readonly Section[] {
    return this.#sections;
  }

  /**
   * Adds a section below those that are there.
   *
   * @param title its heading
   * @param lead a sentence below it
   * @throws InputError where one is not text
   */
  section(title: string, lead = ''): Section {
    const section = new Section(text('section: title', title), text('section: lead', lead));
    this.#sections.push(section);
    return section;
  }

  /** The report as plain data: what the page draws. */
  toJSON(): ReportData {
    return {
      title: this.title,
      text: this.lead,
      sections: this.#sections.map((section) => section.toJSON()),
    };
  }

  /**
   * The whole report as one HTML file, with the code that draws it (1.5 MB) and the data. Everything that was given is
   * shown as text: no tag in a title or label has an effect. Ten million characters or more are warned about.
   */
  toHtml(): string {
    const page = html(this.toJSON());
    if (page.length >= LARGE) {
      const size = (page.length / 1e6).toFixed(1);
      console.warn(
        `Report "${this.title}": the page has ${size} MB; fewer rows or smaller images open faster.`,
      );
    }
    return page;
  }

  /**
   * Draws the report into tfjs-vis' visor, in a running page: a tab for each section. Called again, it draws again in
   * the same place, so that curves grow: call it from a fit's `onIteration`.
   *
   * @throws InputError outside of a browser
   */
  show(): Promise<void> {
    return show(this.toJSON());
  }
}
