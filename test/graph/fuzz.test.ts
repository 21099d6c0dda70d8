/** Any damage to a file: the model that was saved, or a ModelFormatError that says what is wrong; never anything else. */
import fc from 'fast-check';
import type { io } from '@tensorflow/tfjs-core';
import { backends, useBackend } from '../support/backends.js';
import {
  attempt,
  handlerOf,
  reseal,
  saveEach,
  specs,
  type Saved,
  type Tree,
} from '../support/savedModels.js';

let saved: Saved[];
beforeAll(async () => {
  await useBackend(backends[backends.length - 1]);
  saved = await saveEach();
});

type Path = readonly string[];
type Damage = { value: unknown } | { from: Path } | 'delete' | 'lend';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function pathsOf(value: unknown, path: Path = []): Path[] {
  const inside = isObject(value)
    ? Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))
    : [];
  return path.length > 0 ? [path, ...inside] : inside;
}

/** Undefined where an earlier damage took the way there. */
const follow = (json: unknown, path: Path): unknown =>
  path.reduce((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), json);

function damage(json: Tree, path: Path, how: Damage): void {
  const parent = follow(json, path.slice(0, -1));
  const key = path[path.length - 1];
  if (!isObject(parent)) return;
  const value = parent[key];
  if (how === 'delete' || how === 'lend') delete parent[key];
  else parent[key] = structuredClone('value' in how ? how.value : follow(json, how.from));
  if (how !== 'lend') return;
  const lent = { [key]: value, polluted: 1 };
  Object.defineProperty(parent, '__proto__', { value: lent, enumerable: true, configurable: true });
}

const VALUES: unknown[] = [-1, 0, 1, 2, 0.5, 1e300, 2 ** 31, '', 'w.bin', 'diag', null, true, [], {}, [2], [0], [1e9, 1e9]]; // prettier-ignore
const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...VALUES));

/** Damage to what lies below a key, or anywhere. */
const damages = (json: unknown, below?: string) => {
  const paths = pathsOf(json).filter((path) => below === undefined || path.includes(below));
  const how = fc.oneof(
    fc.record({ value: junk }),
    fc.constant('delete' as const),
    fc.constant('lend' as const),
    fc.record({ from: fc.constantFrom(...paths) }),
  );
  return fc.array(fc.record({ at: fc.constantFrom(...paths), how }), { minLength: 1, maxLength: 3 });
};

describe.each([0, 1, 2])('model %i', (which) => {
  it('damage anywhere in model.json: refused, or what was damaged is not read', async () => {
    const model = saved[which];
    const counts = { refused: 0, loaded: 0 };
    await fc.assert(
      fc.asyncProperty(damages(JSON.parse(model.json)), async (changes) => {
        const json = JSON.parse(model.json) as Tree;
        for (const { at, how } of changes) damage(json, at, how);
        const { contents } = await attempt(model, handlerOf(JSON.stringify(json), model.bytes));
        counts[contents ? 'loaded' : 'refused']++;
        if (contents) expect(contents).toEqual(model.contents);
      }),
      { numRuns: 300, seed: 6 },
    );
    expect(Math.min(counts.refused, counts.loaded)).toBeGreaterThan(30);
  });

  it.each(['userDefinedMetadata', 'weightsManifest'])(
    'damage in %s, the checksum made right',
    async (below) => {
      const model = saved[which];
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(damages(JSON.parse(model.json), below), async (changes) => {
          const json = JSON.parse(model.json) as Tree;
          for (const { at, how } of changes) damage(json, at, how);
          try {
            reseal(json, model.bytes);
          } catch {
            return; // no place left for one: the property above
          }
          if ((await attempt(model, handlerOf(JSON.stringify(json), model.bytes))).message) refused++;
        }),
        { numRuns: 300, seed: 7 },
      );
      expect(refused).toBeGreaterThan(30);
    },
  );

  it('any numbers, the checksum made right', async () => {
    const model = saved[which];
    const [first, last] = placeOfParams(model);
    const odd = fc.constantFrom(
      NaN,
      Infinity,
      -1,
      0,
      -0,
      1e-320,
      1e-40,
      1e300,
      1e38,
      3.5e38,
      1e18,
      1e19,
      0.5,
      2,
    );
    const changes = fc.array(fc.tuple(fc.nat({ max: (last - first) / 8 - 1 }), odd), {
      minLength: 1,
      maxLength: 3,
    });
    const counts = { refused: 0, loaded: 0 };
    await fc.assert(
      fc.asyncProperty(changes, async (given) => {
        const bytes = model.bytes.slice();
        for (const [at, value] of given) new DataView(bytes.buffer).setFloat64(first + 8 * at, value, true);
        const json = JSON.parse(model.json) as Tree;
        reseal(json, bytes);
        const { message } = await attempt(model, handlerOf(JSON.stringify(json), bytes));
        counts[message ? 'refused' : 'loaded']++;
      }),
      { numRuns: 300, seed: 8 },
    );
    expect(Math.min(counts.refused, counts.loaded)).toBeGreaterThan(10);
  });
});

/** Where the bytes of the float64 params begin and end. */
function placeOfParams(model: Saved): [number, number] {
  const places: number[] = [];
  let at = 0;
  for (const { name, shape, quantization } of Object.values(
    specs(JSON.parse(model.json) as Tree),
  ) as unknown as io.WeightsManifestEntry[]) {
    const size = shape.reduce((a, b) => a * b, quantization ? 1 : 4);
    if (name.startsWith('tfjs-latent/') && name !== 'tfjs-latent/labels') places.push(at, at + size);
    at += size;
  }
  return [Math.min(...places), Math.max(...places)];
}

it('anything at all in place of artifacts', async () => {
  const parts = fc.record({
    userDefinedMetadata: fc.anything(),
    weightSpecs: fc.anything(),
    weightData: fc.anything(),
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.anything(), parts), async (artifacts) => {
      const { message } = await attempt(saved[0], { load: async () => artifacts as io.ModelArtifacts });
      expect(message).toBeDefined();
    }),
    { numRuns: 200, seed: 9 },
  );
});
