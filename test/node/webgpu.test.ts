/** WebGPU in Node, on a software adapter: Chromium's own, where Debian puts it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { BestBackend } from '../../src/node/backend.js';
import { useBackend } from '../support/backends.js';
import { answersOf, type Answers } from '../contract/case.js';
import { cases } from '../contract/cases.js';
import { expectSame } from '../contract/same.js';

const SOFTWARE = '/usr/lib/chromium';
const DRIVER = `${SOFTWARE}/vk_swiftshader_icd.json`;
const NAMES = ['K-means: k-means++', 'mixture: full', 'mixture: tied, screened', 'PCA: covariance', 'mixture: answers, full']; // prettier-ignore

const runs = existsSync(DRIVER) || Boolean(process.env.CI);
if (!runs) console.warn(`SKIPPED: WebGPU in Node: no software adapter (${DRIVER}).`);

(runs ? describe : describe.skip)('webgpu in Node', () => {
  let told: { chosen: BestBackend; answers: Record<string, Answers>; said: string };
  beforeAll(() => {
    const env = { ...process.env, LD_LIBRARY_PATH: SOFTWARE, VK_ICD_FILENAMES: DRIVER };
    const args = ['tsx', 'test/support/webgpu.ts', ...NAMES];
    const { stdout, stderr } = spawnSync('npx', args, { env, encoding: 'utf8', timeout: 100_000 });
    const line = stdout.split('\n').find((each) => each.startsWith('{'));
    if (!line) throw new Error(`the process said no answer: ${stderr}`);
    // NaN and the infinities are null on both sides.
    told = JSON.parse(line);
  });

  it('is chosen by name', () => expect(told.chosen).toMatchObject({ backend: 'webgpu', hint: null }));

  it.each(NAMES)('%s', async (name) => {
    await useBackend('cpu');
    const each = cases.find((one) => one.name === name)!;
    const plain = JSON.parse(JSON.stringify(await answersOf(each, 'host'))) as Answers;
    expectSame(told.answers[name], plain, each, 'tensors');
  });

  it('linalg says that it cannot read back', () => {
    expect(told.said).toMatch(
      /InputError: linalg reads a \[1, 3, 3\] tensor back.*await x\.data\(\).*cpu backend/,
    );
  });
});
