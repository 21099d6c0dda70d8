/**
 * A plugin of typedoc: a guide's first heading is its title in the site, where typedoc would take the file's name, or a
 * header that GitHub shows as a table.
 */
import { Converter } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [first] = document.content;
    const [heading, title] = /^\s*# (.+)\n/.exec(first?.text ?? '') ?? [];
    if (!title) throw new Error(`${document.name}: a guide begins with its title, "# …".`);
    document.name = title;
    first.text = first.text.slice(heading.length);
  });
}
