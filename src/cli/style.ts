import pc from 'picocolors';

/** Colours for a stream: those of a terminal that nobody has turned off. */
function colorsFor(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = process.env;
  const isWanted = FORCE_COLOR !== '' || (stream.isTTY && TERM !== 'dumb');
  return pc.createColors(NO_COLOR === '' && isWanted);
}

export const OUT = colorsFor(process.stdout);
export const ERR = colorsFor(process.stderr);

/** A line about what happens, for standard error. */
export function toErrorLine(text: string): string {
  return `${ERR.dim('gneiss:')} ${text}\n`;
}
