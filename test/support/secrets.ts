import type { EventEmitter } from 'node:events';
import { inspect } from 'node:util';

/** Texts that a secret could be recognised by, in the encodings that it passes through. */
function tracesOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // In base64 it reads differently behind 0, 1 or 2 other bytes; its ends depend on its neighbours.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [
    secret,
    bytes.toString('hex'),
    bytes.toString('hex').replaceAll(/..(?!$)/g, '$& '),
    bytes.join(','),
    ...base64,
  ];
}

/** What a value shows of itself to whoever logs it, without regard to how it is laid out. */
function revelations(value: unknown): readonly string[] {
  const inspected = [true, false].map((showHidden) =>
    inspect(value, {
      depth: 10,
      showHidden,
      breakLength: Number.POSITIVE_INFINITY,
      maxArrayLength: null,
      maxStringLength: null,
    }),
  );
  const texts = [...inspected, toJson(value), String(value)];
  if (value instanceof Error)
    texts.push(value.message, value.stack ?? '', ...revelations(value.cause));
  // Numbers of a list are aligned, each line of hexadecimal is its own.
  return texts.map((text) => text.replaceAll(/\s*,\s*/g, ',').replaceAll(/\s+/g, ' '));
}

function toJson(value: unknown): string {
  try {
    return `${JSON.stringify(value)}`;
  } catch {
    return '';
  }
}

/** Collects what a client lets out, and looks for secrets in it. */
export class SecretWatch {
  readonly #seen: string[] = [];
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  see(...values: readonly unknown[]): void {
    for (const value of values) this.#seen.push(...revelations(value));
  }

  /** Sees everything that is emitted from here on. */
  listen(emitter: EventEmitter, names: readonly string[]): void {
    for (const name of names)
      emitter.on(name, (...values: unknown[]) => this.see(values, ...values));
  }

  /** Which secrets were let out, and where. */
  get leaks(): readonly string[] {
    return this.#secrets.flatMap((secret) => {
      const traces = tracesOf(secret);
      const where = this.#seen.filter((text) => traces.some((trace) => text.includes(trace)));
      return where.map((text) => `${secret} in: ${text.slice(0, 2000)}`);
    });
  }
}
