import { startColours } from './colours/colours';
import { element } from './dom';
import { startDigits } from './digits/digits';
import { startMachine } from './machine';
import { startTabs } from './tabs';

const colours = startColours();
const digits = startDigits();
await startMachine(digits.reload);
// Whoever uses neither tab loads nothing for it: the mixture is 8 MB.
startTabs({ colours: colours.open, digits: digits.open });
document.documentElement.dataset.ready = element('backend', HTMLSelectElement).value;
