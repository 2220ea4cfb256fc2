const { isTTY = false } = process.stdout;
const number = new Intl.NumberFormat('en');
/** Without a terminal there is a line a second; with one, a line that is written over. */
export const LINE_EVERY_MS = isTTY ? 250 : 1000;

let lineIsOpen = false;

export function print(text = '') {
  endLine();
  console.log(text);
}

/** Shows where things stand: in place on a terminal. */
export function progress({ seconds, sent, received, utilization, stall }) {
  // At most 79 characters: a line that wraps can not be written over.
  const line = [
    `${seconds.toFixed(isTTY ? 1 : 0).padStart(5)} s`,
    `out ${whole(sent).padStart(7)}/s`,
    `in ${whole(received).padStart(7)}/s`,
    `main thread ${percent(utilization).padStart(4)}`,
    `longest stall ${milliseconds(stall)}`,
  ].join('  ');
  if (!isTTY) {
    console.log(line);
    return;
  }
  process.stdout.write(`\r\x1b[K${line.slice(0, process.stdout.columns - 1)}`);
  lineIsOpen = true;
}

export function endLine() {
  if (lineIsOpen) process.stdout.write('\n');
  lineIsOpen = false;
}

/** Rows of cells, the first of which is a label. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [label, ...cells] of rows) {
    const columns = cells.map((cell, index) => cell.padStart(widths[index + 1] + 3));
    print(`  ${label.padEnd(widths[0])}${columns.join('')}`);
  }
}

export function whole(value) {
  return number.format(Math.round(value));
}

export function percent(fraction) {
  return `${(100 * fraction).toFixed(0)} %`;
}

export function milliseconds(value) {
  return `${value < 10 ? value.toFixed(1) : whole(value)} ms`;
}

export function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
