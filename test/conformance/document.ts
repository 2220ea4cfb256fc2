import type { Concerns, Reason } from './ledger/statement.js';
import type { Entry } from './reconcile.js';

/** Section → its name; a statement belongs to the longest that its number begins with. */
const SECTIONS: Readonly<Record<string, string>> = {
  '1.5': 'Data representation',
  '2': 'Fixed header, Packet Identifier, properties, reason codes',
  '3.1': 'CONNECT',
  '3.2': 'CONNACK',
  '3.3': 'PUBLISH',
  '3.4': 'PUBACK',
  '3.5': 'PUBREC',
  '3.6': 'PUBREL',
  '3.7': 'PUBCOMP',
  '3.8': 'SUBSCRIBE',
  '3.9': 'SUBACK',
  '3.10': 'UNSUBSCRIBE',
  '3.11': 'UNSUBACK',
  '3.12': 'PINGREQ',
  '3.13': 'PINGRESP',
  '3.14': 'DISCONNECT',
  '3.15': 'AUTH',
  '4.1': 'Session state',
  '4.2': 'Network Connections',
  '4.3': 'Quality of Service',
  '4.4': 'Sending again',
  '4.5': 'Receipt of messages',
  '4.6': 'Order of messages',
  '4.7': 'Topic Names and Topic Filters',
  '4.8': 'Subscriptions, errors',
  '4.9': 'Flow control',
  '4.11': 'Server redirection',
  '4.12': 'Enhanced authentication',
  '4.13': 'Errors',
  '6': 'WebSocket',
  '7': 'Conformance',
};

const REASONS: Readonly<Record<Reason['kind'], string>> = {
  server: 'the Server alone',
  moot: 'can not arise',
  intent: 'no demand',
  open: '**open**',
  unmet: '**not met**',
};

const PARTS: readonly (readonly [string, (id: string) => boolean])[] = [
  ['MQTT 5.0', (id) => /^MQTT-\d[^:]*$/.test(id)],
  ['MQTT 5.0, rules without a number', (id) => id.startsWith('MQTT-5.0:')],
  ['MQTT 3.1.1', (id) => id.startsWith('MQTT-3.1.1:')],
];

const NOTE = `# Conformance

Every normative statement of MQTT 5.0 and 3.1.1, and what proves that this client keeps it. Generated from \`test/conformance/ledger\`
and the titles of the tests by \`npm run conformance\`; a test fails when it is not up to date, when a statement that concerns a Client
has neither a test nor a reason, and when a test names a statement that does not exist.

A test bears the ids of the statements that it proves: \`[MQTT-3.3.1-2]\` is of 5.0, \`[MQTT-3.1.1:3.3.1-2]\` of 3.1.1. Letters
(\`[MQTT-5.0:3.3.2-a]\`) are ours: rules of 5.0 that bind a Client and have no number. Statements are in our words; the specification's
are what counts. *Peer* is what the Server must do and the Client can see: the tests feed the breach, or show that the client makes use of it.
`;

/** The whole document. */
export function toDocument(entries: readonly Entry[]): string {
  const client = entries.filter(({ concerns }) => concerns !== 'server');
  const open = client.filter(({ reason }) => reason?.kind === 'open' || reason?.kind === 'unmet');
  return [
    NOTE,
    totals(entries),
    '## Open\n',
    open.length === 0 ? 'Nothing.\n' : open.map(openLine).join(''),
    ...PARTS.flatMap(([name, isIn]) => [
      `## ${name}\n`,
      ...sectionsOf(client.filter(({ id }) => isIn(id))),
    ]),
    '## Statements that bind the Server alone\n',
    'They are listed for completeness; some are proven for the embedded broker of `gneiss-mqtt/testing`.\n',
    table(
      ['statement', 'demands', 'proof'],
      entries
        .filter(({ concerns }) => concerns === 'server')
        .map((it) => [it.id, it.text, proofOf(it)]),
    ),
  ].join('\n');
}

/** How many statements there are of each kind, version by version. */
function counts(
  entries: readonly Entry[],
): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const rows: Readonly<Record<string, (entry: Entry) => boolean>> = {
    statements: () => true,
    'concern a Client': ({ concerns }) => concerns !== 'server',
    'proven by tests': (it) => it.concerns !== 'server' && it.reason === null,
    'can have no test': (it) => it.reason !== null && !isLacking(it.reason),
    open: ({ reason }) => reason?.kind === 'open',
    'not met': ({ reason }) => reason?.kind === 'unmet',
  };
  return Object.fromEntries(
    Object.entries(rows).map(([name, test]) => [
      name,
      Object.fromEntries(
        PARTS.map(([part, isIn]) => [part, entries.filter((it) => isIn(it.id) && test(it)).length]),
      ),
    ]),
  );
}

function isLacking({ kind }: Reason): boolean {
  return kind === 'open' || kind === 'unmet';
}

function totals(entries: readonly Entry[]): string {
  return table(
    ['', ...PARTS.map(([name]) => name)],
    Object.entries(counts(entries)).map(([name, ofParts]) => [
      name,
      ...Object.values(ofParts).map(String),
    ]),
  );
}

function openLine({ id, text, reason }: Entry): string {
  return `- ${id}: ${text} ${reason === null ? '' : `(${REASONS[reason.kind].replaceAll('*', '')}: ${reason.why})`}\n`;
}

function sectionsOf(entries: readonly Entry[]): string[] {
  const bySection = groupBy(entries, ({ id }) => sectionOf(id));
  return Array.from(bySection, ([section, rows]) =>
    [
      `### ${section} ${SECTIONS[section]}\n`,
      table(
        ['statement', 'demands', 'binds', 'proof'],
        rows.map((it) => [it.id, it.text, binds(it.concerns), proofOf(it)]),
      ),
    ].join('\n'),
  );
}

function sectionOf(id: string): string {
  const number = id.replace(/^MQTT-(?:.*:)?/, '').replace(/-.*$/, '');
  const sections = Object.keys(SECTIONS).filter((name) => `${number}.`.startsWith(`${name}.`));
  const section = sections.sort((one, other) => other.length - one.length)[0];
  if (section === undefined) throw new Error(`${id} is of no section`);
  return section;
}

function binds(concerns: Concerns): string {
  return concerns.replaceAll(', ', '<br>');
}

function proofOf({ tests, reason }: Entry): string {
  const words = reason === null ? [] : [`${REASONS[reason.kind]}: ${reason.why}`];
  const byFile = groupBy(tests, ({ file }) => file);
  const files = Array.from(byFile, ([file, ofFile]) => {
    const titles = ofFile.map(({ text }) => text).filter((text) => text !== '');
    return [link(file), titles.join('; ')].filter((part) => part !== '').join(': ');
  });
  return [...words, ...files].join('<br>');
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function link(file: string): string {
  return `[${file.replace(/^test\/|\.test\.ts$/g, '')}](../${file})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((cells) => cells.map(escaped))];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** What Markdown would take for its own; the line breaks and links of ours stay. */
function escaped(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('$', '\\$')
    .replace(/<(?!br>)/g, '&lt;');
}
