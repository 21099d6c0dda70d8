import type { Case } from './case.js';
import { cluster } from './cases/cluster.js';
import { decomposition } from './cases/decomposition.js';
import { linear } from './cases/linalg.js';
import { mixture } from './cases/mixture.js';
import { rest } from './cases/rest.js';

export const cases: readonly Case[] = [...cluster, ...mixture, ...decomposition, ...linear, ...rest];
