type NumberArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/**
 * The same numbers in an array of `length`, zeros behind them. Tables begin small and grow as they are used: what they may hold at
 * most is for the busiest client, and to prepare it would take longer than to connect.
 */
export function enlarge<T extends NumberArray>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}
