const { spawnSync } = require('node:child_process');

/** Before the tests: the code of a report's page, which reports hold, from its sources as they are now. */
module.exports = () => {
  const code = "import('./scripts/page.ts').then((page) => page.ensurePage())";
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--eval', code], { stdio: 'inherit' });
  if (status !== 0) throw new Error('dist/report-page.cjs could not be built (see above).');
};
