/**
 * A plugin of typedoc, for the titles of the site: of a guide its first heading, where typedoc takes the file's name (or a
 * header that GitHub shows as a table); of a module the name that it is imported by; of the README its own, once.
 */
import { Converter } from 'typedoc';

const HEADING = /^\s*# (.+)\n/;
const MODULES = { index: 'tfjs-latent' };

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const title = HEADING.exec(document.content[0]?.text ?? '')?.[1];
    if (!title) throw new Error(`${document.name}: a guide begins with its title, "# …".`);
    document.name = title;
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children) module.name = MODULES[module.name] ?? `tfjs-latent/${module.name}`;
    // typedoc writes the project's name above it.
    project.readme[0].text = project.readme[0].text.replace(HEADING, '');
  });
}
