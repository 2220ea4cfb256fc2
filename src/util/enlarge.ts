type NumberArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** What a table is before it has rows: every table of every client may share them. */
export const EMPTY = {
  uint8: new Uint8Array(0),
  uint16: new Uint16Array(0),
  uint32: new Uint32Array(0),
  int32: new Int32Array(0),
  float64: new Float64Array(0),
} as const;

/**
 * The same numbers in an array of `length`, zeros behind them. Tables begin small and grow as they are used: what they may hold at
 * most is for the busiest client, and to prepare it would take longer than to connect.
 */
export function enlarge<T extends NumberArray>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}
