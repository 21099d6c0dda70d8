/** Files that are broken or hostile, by name: each is refused with a ModelFormatError that says what is wrong. */
import { backends, useBackend } from '../support/backends.js';
import {
  attempt,
  handlerOf,
  ours,
  put,
  reseal,
  saveEach,
  specOf,
  specs,
  type Saved,
  type Tree,
} from '../support/savedModels.js';

let saved: Saved[];
beforeAll(async () => {
  await useBackend(backends[backends.length - 1]);
  saved = await saveEach();
});

type Change = (json: Tree) => unknown;

/** What a changed model.json is refused for. */
async function refusal(model: Saved, change: Change, bytes = model.bytes): Promise<string> {
  const json = JSON.parse(model.json) as Tree;
  change(json);
  const { message } = await attempt(model, handlerOf(JSON.stringify(json), bytes));
  return message ?? 'loaded';
}

const top = (json: Tree) => json;
const group = (json: Tree) => json.weightsManifest[0 as never];
const meta = (json: Tree) => ours(json).meta;
const spec = (key: string, value: unknown) => put((json) => specs(json)[0], key, value);
const origin = (key: string, value: unknown) => put((json) => specOf(json, 'origin'), key, value);

/** What is refused before any number is looked at. */
const OUTSIDE: [string, Change, RegExp][] = [
  ['no metadata', put(top, 'userDefinedMetadata', {}), /no model that tfjs-latent saved/],
  [
    'a later format',
    put(ours, 'formatVersion', 2),
    /format version 2 and this tfjs-latent reads up to 1; update/,
  ],
  ['no format', put(ours, 'formatVersion', 'one'), /format version must be an integer/],
  ['no kind', put(ours, 'kind', null), /kind must be '\w+'; it is null/],
  ['no meta', put(ours, 'meta', []), /its meta must be an object/],
  ['no list of float64', put(ours, 'float64', null), /its float64 must be a list/],
  ['another checksum', put(ours, 'checksum', '00000000'), /its checksum is \w+ where "00000000" was saved/],
  ['a changed figure', put(meta, 'whiten', 'no'), /its checksum is .*: it was damaged/],
  ['a renamed weight', origin('name', 'tfjs-latent/other'), /its checksum is .*: it was damaged/],
  ['no manifest', put(top, 'weightsManifest', { 0: 1 }), /must have a weightsManifest/],
  ['a manifest of numbers', put(top, 'weightsManifest', [3]), /must have a weightsManifest/],
  ['no paths', put(group, 'paths', 'w.bin'), /paths of model.json's weights must be a list/],
  ['no specs', put(group, 'weights', null), /no list of weights/],
  ['a spec that is none', put(specs, '0', 'x'), /weight 0 of the model must be an object/],
  ['a nameless spec', spec('name', 7), /weight 0 of the model must have a name/],
  ['two of a name', put((json) => specs(json)[1], 'name', 'origin'), /two weights of the name/],
  ['a negative length', spec('shape', [-2]), /shape of up to 4 lengths; it is \[-2\]/],
  ['a broken length', spec('shape', [0.5]), /shape of up to 4 lengths/],
  ['a length of text', spec('shape', ['2']), /shape of up to 4 lengths/],
  ['many axes', spec('shape', [1, 1, 1, 1, 2]), /shape of up to 4 lengths/],
  ['an absurd length', spec('shape', [1e300]), /shape of up to 4 lengths/],
  ['absurd lengths', spec('shape', [2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31]), /bytes where their shapes ask for/],
  ['another dtype', spec('dtype', 'complex64'), /must be float32 or int32; its dtype is "complex64"/],
  ['a quantization', spec('quantization', { dtype: 'float16' }), /quantized as no tfjs-latent model is/],
];

/** What only a file that was made on purpose can have. */
const INSIDE: [string, Change, RegExp][] = [
  [
    'an origin as float32',
    origin('dtype', 'float32'),
    /origin must be float64, and is saved as something else/,
  ],
  ['an origin of integers', put(ours, 'float64', []), /origin must be float64/],
  [
    'an origin turned over',
    origin('shape', [1, 2, 2]),
    /origin must have the shape \[any, 2\]; it is \[1, 2, 2\]/,
  ],
  ['an origin of pairs', origin('shape', [4]), /origin must have the shape/],
  ['no origin', origin('name', 'x'), /it has no origin/],
  ['settings that are none', put(meta, 'options', 3), /its options must be null, or an object; it is 3/],
  [
    'a seed that is none',
    put((json) => meta(json).options, 'seed', -1),
    /options.seed must be an integer from 0/,
  ],
];

describe.each([0, 1, 2])('model %i', (which) => {
  it('whole, it loads', async () => {
    const model = saved[which];
    const { contents } = await attempt(model, handlerOf(model.json, model.bytes));
    expect(contents).toEqual(model.contents);
  });

  it("is not the other classes', and says whose it is", async () => {
    const { json, bytes, name } = saved[which];
    for (const other of saved.filter((_, at) => at !== which)) {
      const message = `${other.name}.load: the model's kind must be '${other.name}'; it is "${name}".`;
      await expect(other.load(handlerOf(json, bytes))).rejects.toThrow(message);
    }
  });

  it.each(OUTSIDE)('%s', async (_, change, message) => {
    expect(await refusal(saved[which], change)).toMatch(message);
  });

  it.each(INSIDE)('%s, the checksum made right', async (_, change, message) => {
    const model = saved[which];
    const resealed = (json: Tree) => {
      change(json);
      reseal(json, model.bytes);
    };
    expect(await refusal(model, resealed)).toMatch(message);
  });

  it('what __proto__ lends is not there', async () => {
    const model = saved[which];
    const lend = (from: string, to: string) => (json: Tree) => {
      const text = JSON.stringify(meta(json)).replace(from, to);
      put(ours, 'meta', JSON.parse(text))(json);
      reseal(json, model.bytes);
    };
    expect(await refusal(model, lend('"seed":1', '"__proto__":{"seed":7}'))).toMatch(/options.seed must be/);
    expect(await refusal(model, lend('"options":', '"__proto__":'))).toMatch(
      /its options must be null, or an/,
    );
    expect(await refusal(model, lend('{', '{"__proto__":{"polluted":1},'))).toBe('loaded');
    const text = model.json.replace('"tfjs-latent":', '"__proto__":');
    const { message } = await attempt(model, handlerOf(text, model.bytes));
    expect(message).toMatch(/no model that tfjs-latent saved/);
  });

  it('weights cut, turned over, longer, or changed in one bit', async () => {
    const model = saved[which];
    const { bytes } = model;
    const nothing = () => undefined;
    expect(await refusal(model, nothing, bytes.subarray(1))).toMatch(
      /\d bytes where their shapes ask for \d/,
    );
    expect(await refusal(model, nothing, bytes.slice().reverse())).toMatch(/its checksum is/);
    expect(
      await refusal(
        model,
        nothing,
        bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte)),
      ),
    ).toMatch(/its checksum is/);
    expect(await refusal(model, nothing, new Uint8Array([...bytes, 0]))).toMatch(
      /more bytes than its weights ask for/,
    );
  });
});

it('a matrix that few bytes claim is refused before there is room made for it', async () => {
  // A mixture of one component in 400,000 dimensions would have a factor of 640 GB.
  const d = 400_000;
  const model = saved[1];
  const shapes = {
    origin: [d, 2],
    weights: [1, 2],
    means: [1, d, 2],
    precisionsCholesky: [3, 2],
    history: [1, 2],
  };
  const bytes = new Uint8Array(8 * (2 * d + 5));
  new Float64Array(bytes.buffer)[d] = 1;
  const claim = (json: Tree) => {
    const weights = Object.entries(shapes).map(([name, shape]) => ({
      name: `tfjs-latent/${name}`,
      shape,
      dtype: 'int32',
    }));
    put(group, 'weights', weights)(json);
    reseal(json, bytes);
  };
  expect(await refusal(model, claim, bytes)).toMatch(
    /precisionsCholesky must have the shape \[80000200000, 2\]; it is \[3, 2\]/,
  );
});
