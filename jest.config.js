/** @type {import('jest').Config} */
export default {
  globalSetup: './test/support/setup.cjs',
  testEnvironment: './test/support/environment.cjs',
  // The environment shares typed arrays with the outer realm: jest must not take them apart afterwards.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.jest.json' }] },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^tfjs-latent$': '<rootDir>/src/index.ts',
    '^tfjs-latent/node$': '<rootDir>/src/node/index.ts',
    '^tfjs-latent/layers$': '<rootDir>/src/layers/index.ts',
    '^tfjs-latent/wasm$': '<rootDir>/src/wasm/index.ts',
    '^tfjs-latent/report$': '<rootDir>/src/report/index.ts',
  },
  testTimeout: 120_000,
};
