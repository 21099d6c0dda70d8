/** `npm run train:<job>`: one job, its name first. */
import { launch } from './launch.js';

const [job, ...args] = process.argv.slice(2);
process.exitCode = await launch(`scripts/train-${job}.ts`, args);
