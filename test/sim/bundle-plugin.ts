import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Options } from 'tsup';
import { KNOB_PLACES } from './world/knobs.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** A change of the sources, for one bundle only. */
export interface Replacement {
  /** Path below the project. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly text: string;
  readonly by: string;
}

/**
 * What turns the client into one that a history can run: threads, clocks and chance are the world's, limits are knobs, and on
 * demand one defect is planted.
 */
export function simulatorPlugin(root: string, planted: Replacement | null): Plugin {
  const world = resolve(root, 'test/sim/world');
  return {
    name: 'simulator',
    setup(build) {
      build.onResolve({ filter: /\/open-host\.js$/ }, ({ importer }) =>
        importer.startsWith(resolve(root, 'src')) ? { path: resolve(world, 'open-host.ts') } : null,
      );
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        const file = relative(root, path);
        const source = await readFile(path, 'utf8');
        const changed = planted?.file === file ? replaceOnce(source, planted) : source;
        // Not by resolution: modules of the platform never get there.
        const contents = turnKnobs(file, changed, world).replaceAll(
          `'node:worker_threads'`,
          `'${resolve(world, 'threads.js')}'`,
        );
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** Puts one text in the place of another, which must be there exactly once. */
export function replaceOnce(source: string, { file, text, by }: Replacement): string {
  const parts = source.split(text);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${text}`);
  return parts.join(by);
}

/** Lets each constant that is a knob be read from the world wherever it is used. */
function turnKnobs(file: string, source: string, world: string): string {
  let result = source;
  let isTurned = false;
  for (const [knob, [place, name]] of Object.entries(KNOB_PLACES)) {
    if (place !== file) continue;
    const use = new RegExp(`\\b${name.replace(/[.*]/g, '\\$&')}\\b`, 'g');
    const declaration = new RegExp(`^const ${name}\\b[^;]*;$`, 'm');
    const rest = result.replace(declaration, '');
    if (!use.test(rest)) throw new Error(`${file} does not use ${name}`);
    result = rest.replace(use, `currentKnobs().${knob}`);
    isTurned = true;
  }
  if (!isTurned) return source;
  result = inlineDerived(result);
  return `import { currentKnobs } from '${resolve(world, 'current.js')}';\n${result}`;
}

/** Constants that follow from a knob are worked out where they are used, too. */
function inlineDerived(source: string): string {
  const derived = /^const (\w+) = ([^;\n]*currentKnobs\(\)[^;\n]*);$/m;
  let result = source;
  for (let match = derived.exec(result); match !== null; match = derived.exec(result)) {
    const [declaration, name = '', value = ''] = match;
    result = result
      .replace(declaration, '')
      .replace(new RegExp(`\\b${name}\\b`, 'g'), `(${value})`);
  }
  return result;
}
