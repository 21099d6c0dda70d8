/** Saved models in a browser: by plain tfjs on each backend, and by our class from every store that a page has. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type * as TF from '@tensorflow/tfjs';
import type { Browser, Download, Page } from 'playwright-core';
import type * as Latent from '../../src/index.js';
import { describeInBrowser, launch, watched, type Watched } from '../support/browser.js';
import { expectClose } from '../support/close.js';
import { servePage, type Served } from '../support/page.js';

declare const tf: typeof TF;
declare const latent: typeof Latent;

const FOLDER = 'test/fixtures/models/v1';
const { rows, answers } = JSON.parse(readFileSync(path.join(FOLDER, 'answers.json'), 'utf8')) as {
  rows: number[][];
  answers: Record<string, Record<string, number | number[]>>;
};
const OUTPUTS = {
  labels: 'predict',
  logDensity: 'scoreSamples',
  distances: 'transform',
  coordinates: 'transform',
} as const;

const filesOf = (downloads: Download[]) =>
  Promise.all(
    downloads.map(async (each) => ({
      name: each.suggestedFilename(),
      mimeType: 'application/octet-stream',
      buffer: readFileSync(await each.path()),
    })),
  );

describeInBrowser('in a page', () => {
  let served: Served;
  let browser: Browser;
  let watching: Watched;
  let page: Page;
  beforeAll(async () => {
    browser = await launch();
    served = await servePage(FOLDER);
    watching = await watched(browser);
    ({ page } = watching);
    await page.goto(served.url);
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  it.each(['webgl', 'webgpu', 'wasm', 'cpu'])(
    'tf.loadGraphModel gives the answers of each model on %s',
    async (backend) => {
      for (const [name, expected] of Object.entries(answers)) {
        const found = await page.evaluate(
          async ([on, model, x]) => {
            if (!(await tf.setBackend(on))) throw new Error(`no ${on}`);
            const graph = await tf.loadGraphModel(`models/${model}/model.json`);
            const outputs = graph.predict(tf.tensor2d(x)) as Record<string, TF.Tensor>;
            const read = Object.entries(outputs).map(
              async ([key, tensor]) => [key, Array.from(await tensor.data())] as const,
            );
            return [tf.getBackend(), Object.fromEntries(await Promise.all(read))] as const;
          },
          [backend, name, rows] as const,
        );
        expect(found[0]).toBe(backend);
        for (const [output, method] of Object.entries(OUTPUTS)) {
          if (!(output in found[1]) || !(method in expected)) continue;
          expectClose(found[1][output], expected[method] as number[], {
            rtol: 1e-4,
            atol: 1e-4,
            what: `${name}: ${output}`,
          });
        }
      }
    },
  );

  it.each(['indexeddb://there', 'localstorage://there'])(
    'our class comes back from %s to the last bit',
    async (target) => {
      const same = await page.evaluate(async (to) => {
        await tf.setBackend('cpu');
        const model = await latent.Pipeline.load('models/pipeline/model.json');
        await model.save(to);
        const loaded = await latent.Pipeline.load(to);
        const told = (each: Latent.Pipeline) =>
          JSON.stringify([
            ...each.steps.map((step) => [step.options, step.origin]),
            Array.from(each.scoreSamples([[5, 3, 4, 1]]).dataSync()),
          ]);
        return [told(loaded), told(model)];
      }, target);
      expect(same[0]).toContain('covarianceType');
      expect(same[0]).toBe(same[1]);
    },
  );

  it('as downloads, and from the files that a person picks', async () => {
    const two = Promise.all(
      ['mine.json', 'mine.weights.bin'].map((name) =>
        page.waitForEvent('download', (each) => each.suggestedFilename() === name),
      ),
    );
    const inertia = await page.evaluate(async () => {
      const model = await latent.KMeans.load('models/kmeans/model.json');
      await model.save('downloads://mine');
      return model.inertia;
    });
    await page.evaluate("document.body.innerHTML = '<input type=file multiple>'");
    await page.setInputFiles('input', await filesOf(await two));
    const loaded = await page.locator('input').evaluate(async (input) => {
      const files = Array.from((input as unknown as { files: File[] }).files);
      return (await latent.KMeans.load(tf.io.browserFiles(files))).inertia;
    });
    expect(loaded).toBe(inertia);
  });

  it('nothing was said on the console', () => expect(watching.said).toEqual([]));
});
