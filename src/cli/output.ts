const CHUNK_BYTES = 64 * 1024;

/**
 * Standard output for many small pieces: collected, and written once a turn of the event loop. When whoever reads it is slow,
 * {@link ready} says so.
 */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #length = 0;
  #scheduled = false;
  #waiting: Promise<void> | null = null;

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
  }

  /** Copies the piece. */
  write(piece: string | Uint8Array): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
    if (bytes.length > CHUNK_BYTES - this.#length) this.flush();
    if (bytes.length > CHUNK_BYTES) {
      this.#send(Buffer.from(bytes));
      return;
    }
    this.#chunk.set(bytes, this.#length);
    this.#length += bytes.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#send(this.#chunk.subarray(0, this.#length));
    this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#length = 0;
  }

  /** Resolves when more may be written; undefined when that is now. */
  ready(): Promise<void> | undefined {
    return this.#waiting ?? undefined;
  }

  /** Resolves when everything is with the operating system. */
  async end(): Promise<void> {
    this.flush();
    await new Promise<void>((resolve) => {
      this.#stream.write('', () => {
        resolve();
      });
    });
  }

  #send(bytes: Buffer): void {
    if (this.#stream.write(bytes) || this.#waiting !== null) return;
    this.#waiting = new Promise((resolve) => {
      this.#stream.once('drain', () => {
        this.#waiting = null;
        resolve();
      });
    });
  }
}
