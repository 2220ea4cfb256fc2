/** Text as it may stand in HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** An HTML table: a head and its rows. @param lastCellClass Class of a row's last cell, by its text. */
export function htmlTable(
  [head = [], ...rows]: readonly (readonly string[])[],
  lastCellClass: (text: string) => string = () => '',
): string {
  const cells = (line: readonly string[], tag: string): string =>
    line
      .map((text, column) => {
        const name = column === line.length - 1 ? lastCellClass(text) : '';
        return `<${tag}${name === '' ? '' : ` class="${name}"`}>${escapeHtml(text)}</${tag}>`;
      })
      .join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('');
  return `<div class="scroll"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table></div>`;
}
