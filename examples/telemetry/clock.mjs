/** One clock for all processes of this machine: monotonic, in microseconds. */
const offset = Number(process.hrtime.bigint()) / 1e3 - performance.now() * 1e3;

export function microseconds() {
  return performance.now() * 1e3 + offset;
}
