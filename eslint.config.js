import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom: the folders of src, each with the folders beside it that it may use. A file's own folder is
 * always open to it; everything else is an error, so that the arrows of the design stay as they are.
 */
const MAY_IMPORT = {
  core: [],
  linalg: ['core'],
  datasets: ['core'],
  metrics: ['linalg', 'core'],
  graph: ['core'],
  decomposition: ['graph', 'linalg', 'core'],
  cluster: ['graph', 'metrics', 'core'],
  mixture: ['graph', 'cluster', 'linalg', 'core'],
  pipeline: ['graph', 'cluster', 'mixture', 'decomposition', 'core'],
  implicit: ['graph', 'cluster', 'mixture', 'core'],
  report: ['core'],
  layers: ['graph', 'cluster', 'mixture', 'decomposition', 'linalg', 'core'],
  wasm: ['core'],
};

const BACKENDS = {
  regex: '^(node:|#native$|@tensorflow/tfjs($|-node|-backend|-converter|-layers))',
  message:
    'Only src/node may import Node built-ins or a backend; the rest runs in a browser on tfjs-core alone.',
};

const AS_A_USER = {
  regex: '^\\.',
  message: 'An example imports tfjs-latent by its name, as a user does.',
};

/** src/layers is the one part that needs tfjs-layers. */
const BESIDE_LAYERS = { ...BACKENDS, regex: BACKENDS.regex.replace('|-layers', '') };

const directions = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          folder === 'layers' ? BESIDE_LAYERS : BACKENDS,
          {
            regex: `^(\\.\\./)+(?!\\.\\.|${[folder, 'routines', ...allowed].map((name) => `${name}/`).join('|')})(?!\\w+\\.js$)`,
            message: `src/${folder} may import ${['itself', ...allowed].join(', ')} only.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'docs/api/',
      'reports/',
      'coverage/',
      'examples/*/dist/',
      'examples/*/public/',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: ['error', 'smart'],
    },
  },
  ...directions,
  {
    files: ['examples/*-consumer/*'],
    languageOptions: { globals: { console: 'readonly', document: 'readonly', process: 'readonly' } },
  },
  {
    files: ['examples/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [AS_A_USER] }] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      globals: { require: 'readonly', module: 'writable', process: 'readonly', __dirname: 'readonly' },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
