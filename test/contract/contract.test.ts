/**
 * The contract: what a model is and answers does not depend on the backend. Expected is what the cpu backend gives with fits
 * on the host, whose answers the other tests hold against scikit-learn and naive loops.
 */
import type * as TF from '@tensorflow/tfjs';
import type { Browser, Page } from 'playwright-core';
import { backends, kernelBackends, useBackend } from '../support/backends.js';
import { describeInBrowser, launch, watched, type Watched } from '../support/browser.js';
import { servePage, type Served } from '../support/page.js';
import { answersOf, type Answers, type Case, type Where } from './case.js';
import { cases } from './cases.js';
import type * as InPage from './page.js';
import { expectSame } from './same.js';

declare const tf: typeof TF;
declare const latent: typeof InPage;

const named = cases.map((each) => [each.name, each] as const);
const placesOf = ({ isFit }: Case, byKernels: boolean): Where[] => {
  const places: Where[] = byKernels ? ['kernels', 'tensors'] : ['tensors'];
  return isFit ? [...places, 'host'] : places;
};

const expected = new Map<string, Answers>();

beforeAll(async () => {
  await useBackend('cpu');
  for (const each of cases) expected.set(each.name, await answersOf(each, 'host'));
});

describe.each(backends)('the contract on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(named)('%s', async (_, each) => {
    for (const where of placesOf(
      each,
      kernelBackends.some((name) => name === backend),
    ))
      expectSame(await answersOf(each, where), expected.get(each.name)!, each, where);
  });
});

describeInBrowser('the contract in a page', () => {
  let served: Served;
  let browser: Browser;
  let watching: Watched;
  let page: Page;
  beforeAll(async () => {
    [served, browser] = await Promise.all([
      servePage('test/fixtures/models/v1', 'test/contract/page.ts'),
      launch(),
    ]);
    watching = await watched(browser);
    ({ page } = watching);
    await page.goto(served.url);
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  describe.each(['webgl', 'webgpu', 'wasm', 'cpu'])('on %s', (backend) => {
    beforeAll(async () => {
      const used = await page.evaluate(async (name) => {
        // Else what is small would be computed by plain JavaScript, as on cpu.
        tf.env().set('WEBGL_CPU_FORWARD', false);
        await tf.setBackend(name);
        if (name === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
        if (name === 'wasm') await latent.useWasmKernels();
        return tf.getBackend();
      }, backend);
      expect(used).toBe(backend);
    });

    // Timers have their turns while a fit runs, and so can end it: without yielding, no test here would end.
    it.each(['colours', 'mixture'] as const)('a timer ends the fit of %s', async (fit) => {
      const { reason, ticks, after, left } = await page.evaluate((which) => latent.interrupt(which), fit);
      expect(reason).toBe('enough');
      expect(ticks).toBeGreaterThanOrEqual(10);
      expect(after).toBeLessThanOrEqual(2);
      expect(left).toBe(0);
    });

    it.each(named)('%s', async (name, each) => {
      for (const where of placesOf(each, backend === 'wasm')) {
        const found = await page.evaluate(([of, place]) => latent.answer(of, place as Where), [
          name,
          where,
        ] as const);
        expectSame(found, expected.get(name)!, each, where);
      }
    });
  });

  it('nothing was said on the console but that linalg reads synchronously', () =>
    expect(watching.said.filter((line) => !line.includes('synchronously reading data'))).toEqual([]));
});
