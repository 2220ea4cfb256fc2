/**
 * Parses a URL; null where the text is none. Not by `URL.canParse`: once it is optimized, Node 20 and 22 refuse letters such as ü
 * with it.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
