import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * What the tests have in TypeScript: certificates, Servers of other roads, and proxies.
 *
 * @param root  The folder of the library.
 */
export async function loadSupport(root) {
  const outdir = join(root, 'test', 'pack', 'dist');
  const names = ['certificates', 'front', 'proxies'];
  await build({
    entryPoints: names.map((name) => join(root, 'test', 'support', `${name}.ts`)),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    outdir,
  });
  const modules = await Promise.all(names.map((name) => import(join(outdir, `${name}.mjs`))));
  return Object.assign({}, ...modules);
}
