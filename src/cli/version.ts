import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The version of this package. */
export function readVersion(): string {
  const path = createRequire(import.meta.url).resolve('gneiss-mqtt/package.json');
  return String((JSON.parse(readFileSync(path, 'utf8')) as { readonly version: unknown }).version);
}
