/** Where received bytes go: straight into memory of the owner (`buffer`, then `received`), or in chunks (`receivedChunk`). */
export interface ReadTarget {
  /** Memory for the next read, one byte at least. Borrowed: it must not be touched after that, and not once the transport has ended. */
  buffer(): Uint8Array;
  /**
   * Bytes have arrived in the last buffer.
   *
   * @param length  How many, from its beginning on: 1 at least, and no more than it has room for.
   * @returns False to stop reading until `resume`.
   */
  received(length: number): boolean;
  /**
   * Bytes have arrived in memory of the transport's own.
   *
   * @param chunk  Borrowed until the call returns, or until `resume` if it returns false.
   * @returns As `received`.
   */
  receivedChunk(chunk: Uint8Array): boolean;
}

/** What an opening transport waits for. */
export type OpeningStage = 'lookup' | 'connect' | 'proxy' | 'tls' | 'upgrade';

/** What a transport tells its owner, besides bytes. After `closed` it says nothing more. */
export interface TransportEvents extends ReadTarget {
  /** It got as far as to wait for something, which a failure and a timeout name. @param stage  What it waits for. */
  opening(stage: OpeningStage): void;
  /** Bytes can go both ways. */
  opened(): void;
  /** Everything written so far was handed to the operating system, or whatever carries it. */
  flushed(): void;
  /**
   * It has come to its end, whoever brought that about.
   *
   * @param error  What broke the connection; null when the peer or we ended it in order.
   */
  closed(error: Error | null): void;
}

/** A byte stream to a Server. It knows nothing of MQTT. */
export interface Transport {
  /**
   * Writes, in one system call where the platform allows; `flushed` follows, and no other write comes before it.
   *
   * @param pieces  In their order. Borrowed until `flushed`.
   */
  write(pieces: readonly Uint8Array[]): void;
  /** Goes on reading after `received` or `receivedChunk` returned false. */
  resume(): void;
  /** Closes after everything written is sent; `closed` follows. One that takes too long is destroyed. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
