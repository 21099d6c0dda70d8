/** The code blocks of our documents: run as a reader would, and held against what their comments say. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import ts from 'typescript';

/** A fenced block of a markdown file. */
export interface Block {
  /** `file:line`, where it begins. */
  readonly at: string;
  readonly language: string;
  readonly code: string;
}

export function blocksOf(file: string): Block[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: code, index }) => ({
    at: `${file}:${text.slice(0, index).split('\n').length}`,
    language,
    code,
  }));
}

/** What a line prints, as the comment after it says. */
export interface Claim {
  readonly says: string;
  readonly printed: string;
}

const PRINTS = /\bconsole\.log\(|\.print\(\)/;

/** The comments after statements that print, with the place where each statement ends. */
function comments(code: string): { end: number; says: string }[] {
  const found: { end: number; says: string }[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isExpressionStatement(node) || !PRINTS.test(node.getText())) return;
    const [comment] = ts.getTrailingCommentRanges(code, node.end) ?? [];
    if (comment) found.push({ end: node.end, says: code.slice(comment.pos + 2, comment.end).trim() });
  };
  visit(ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2022, true));
  return found;
}

/** Runs a block as a module. */
export async function run({ code }: Block): Promise<{ printed: string[]; claims: Claim[] }> {
  const printed: string[] = [];
  const claims: Claim[] = [];
  const says = (text: string) => claims.push({ says: text, printed: printed.at(-1) ?? '' });
  let source = code;
  for (const { end, says: text } of comments(code).reverse()) {
    source = `${source.slice(0, end)} says(${JSON.stringify(text)});${source.slice(end)}`;
  }
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const body = `return (async () => { ${outputText} })();`;
  const log = jest
    .spyOn(console, 'log')
    .mockImplementation((...parts) => void printed.push(format(...parts)));
  try {
    await new Function('require', 'exports', 'says', body)(require, {}, says);
  } finally {
    log.mockRestore();
  }
  return { printed, claims };
}

/** What the compiler says of blocks, under the settings of this repository but for names that nobody uses. */
export function typeErrors(blocks: readonly Block[], root: string): string[] {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const paths = {
    'tfjs-latent': [path.join(root, 'src/index.ts')],
    'tfjs-latent/*': [path.join(root, 'src/*/index.ts')],
  };
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false, paths });
  const files = new Map(
    blocks.map(({ code }, i) => [path.join(root, `test/block${i}.ts`), `${code}export {};`]),
  );
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, version, ...rest) => {
    const code = files.get(name);
    return code === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, code, version, true);
  };
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false, paths }, host);
  return [...files.keys()].flatMap((name, i) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(name))
      .map(({ messageText }) => `${blocks[i].at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi;

/** Half a unit of the last digit shown; 0 for an integer, which is exact. */
function slack(shown: string): number {
  const [, decimals, exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e(.+))?$/i.exec(shown)!;
  if (decimals === undefined && exponent === '0') return 0;
  return 0.5 * 10 ** (Number(exponent) - (decimals?.length ?? 0)) * (1 + 1e-9);
}

/** Whether what was printed is what the comment says: the same words, and numbers equal to the digits shown. */
export function agrees({ printed, says }: Claim): boolean {
  const words = (text: string) =>
    text
      .replace(/^Tensor\s/, '')
      .replace(/\w+Array\(\d+\)/g, '')
      .replace(NUMBER, '#')
      .replace(/\s/g, '')
      .replace(/,(?=\])/g, '');
  const seen = printed.replace(/\w+Array\(\d+\)/g, '').match(NUMBER) ?? [];
  const shown = says.match(NUMBER) ?? [];
  return (
    words(printed) === words(says) &&
    shown.every((digits, i) => Math.abs(Number(digits) - Number(seen[i])) <= slack(digits))
  );
}
