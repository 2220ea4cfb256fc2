import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A module as somebody may write it who uses the package. */
export interface Source {
  /** Its file, in a folder from which the package is found; it need not exist. */
  readonly url: URL;
  readonly text: string;
}

/** What most programs are checked with, but for types that JavaScript does not write down. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  allowJs: true,
  checkJs: true,
  noEmit: true,
  strict: true,
  noImplicitAny: false,
  skipLibCheck: true,
};

/**
 * Checks modules against the types of the package as it was built. Of JavaScript, which can not say what a value is that may be
 * anything, nothing is asked that would need it.
 *
 * @returns For each module what is wrong with it, as `line: message`.
 */
export function typeCheck(sources: readonly Source[]): readonly (readonly string[])[] {
  const texts = new Map(sources.map(({ url, text }) => [fileURLToPath(url), text]));
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  const program = ts.createProgram([...texts.keys()], OPTIONS, host);
  return [...texts.keys()].map((name) => {
    const file = program.getSourceFile(name)!;
    const problems = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ].map(({ start = 0, messageText }) => {
      const { line } = file.getLineAndCharacterOfPosition(start);
      return `${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    return name.endsWith('.mjs')
      ? problems.filter((problem) => !problem.includes("'unknown'"))
      : problems;
  });
}
