import ts from 'typescript';

/** A test that names statements. */
export interface Title {
  /** Path below the project. */
  readonly file: string;
  /** Without the ids. */
  readonly text: string;
  readonly ids: readonly string[];
}

/** `[MQTT-3.3.1-2]` is of 5.0, `[MQTT-3.1.1:3.3.1-2]` of 3.1.1, `[MQTT-5.0:3.3.2-a]` a rule of 5.0 without a number. */
const ID = /\[(MQTT-(?:3\.1\.1:|5\.0:)?\d+(?:\.\d+)*-(?:\d+|[a-z]))\]/g;
const LOOKS_LIKE_ID = /\[MQTT[^\]]*\]/g;

/** The titles in a file of tests that name statements: those of tests that run, wherever their words stand. */
export function titlesIn(file: string, source: string): Title[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const titles: Title[] = [];
  const visit = (node: ts.Node): void => {
    const call = ts.isCallExpression(node) ? testCall(node) : null;
    if (call !== null && !call.runs) return;
    if (call !== null) titles.push(...titlesOf(file, call, tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return titles;
}

/** What stands in brackets and begins like the id of a statement, anywhere in a source. */
export function mentionsIn(source: string): string[] {
  return Array.from(source.matchAll(LOOKS_LIKE_ID), ([mention]) => mention.slice(1, -1));
}

interface TestCall {
  readonly node: ts.CallExpression;
  readonly title: ts.Expression;
  /** The arguments of `each`. */
  readonly tables: readonly ts.Expression[];
  /** False: it is skipped, for good or on some machines. */
  readonly runs: boolean;
}

/** `test('…')`, `describe.each(rows)('…')` and the like; null for any other call. */
function testCall(node: ts.CallExpression): TestCall | null {
  const [title] = node.arguments;
  const tables: ts.Expression[] = [];
  const modifiers: string[] = [];
  let callee: ts.Expression = node.expression;
  for (;;) {
    if (ts.isCallExpression(callee)) {
      tables.push(...callee.arguments);
      callee = callee.expression;
    } else if (ts.isPropertyAccessExpression(callee)) {
      modifiers.push(callee.name.text);
      callee = callee.expression;
    } else break;
  }
  const isTest = ts.isIdentifier(callee) && ['test', 'it', 'describe'].includes(callee.text);
  // `test.each(rows)` alone is the callee of the call that has the title.
  const isWhole = !ts.isPropertyAccessExpression(node.expression) || modifiers[0] === 'only';
  if (!isTest || title === undefined || (!isWhole && !isSkip(modifiers))) return null;
  return { node, title, tables, runs: !isSkip(modifiers) };
}

function isSkip(modifiers: readonly string[]): boolean {
  return modifiers.some((name) => ['skip', 'todo', 'skipIf', 'runIf', 'fails'].includes(name));
}

function titlesOf(file: string, call: TestCall, tree: ts.SourceFile): Title[] {
  const own = wordsOf(call.title);
  const titles: Title[] = [];
  const add = (words: string): void => {
    const ids = Array.from(words.matchAll(ID), ([, id]) => id!);
    if (ids.length > 0) titles.push({ file, ids, text: words.replaceAll(ID, '').trim() });
  };
  add(own);
  if (!hasPlaceholder(call.title)) return titles;
  for (const words of strings([...call.tables, ...loopsAround(call.node)], tree)) add(words);
  return titles;
}

/** The words of a title, `…` for what is filled in. */
function wordsOf(title: ts.Expression): string {
  if (ts.isStringLiteralLike(title)) return title.text.replaceAll(/%[sidj]|\$[\w.]+/g, '…');
  if (!ts.isTemplateExpression(title)) return '';
  return [title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)].join('…');
}

function hasPlaceholder(title: ts.Expression): boolean {
  return !ts.isStringLiteralLike(title) || /%[sidj]|\$\w/.test(title.text);
}

/** What the loops around a node run over. */
function loopsAround(node: ts.Node): ts.Expression[] {
  const loops: ts.Expression[] = [];
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isForOfStatement(at)) loops.push(at.expression);
  }
  return loops;
}

/** Every string in these expressions, and in what the constants in them stand for. */
function strings(expressions: readonly ts.Expression[], tree: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const seen = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (ts.isStringLiteralLike(node)) found.add(node.text);
    if (ts.isTemplateExpression(node)) found.add(wordsOf(node));
    if (ts.isIdentifier(node)) for (const value of valuesOf(node.text, tree)) visit(value);
    ts.forEachChild(node, visit);
  };
  for (const expression of expressions) visit(expression);
  return found;
}

/** What constants of this name are initialised with, anywhere in the file. */
function valuesOf(name: string, tree: ts.SourceFile): ts.Expression[] {
  const values: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    const isNamed =
      ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name;
    if (isNamed && node.initializer !== undefined) values.push(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return values;
}
