import type { ClientName } from '../clients/client.js';
import { type Extras, WINDOW } from '../peers/frames.js';
import type { Road } from '../peers/roads.js';
import type { Lane } from './lane.js';
import { type Load, USUAL } from './load.js';
import { publishPaced } from './paced.js';
import { publishFlatOut } from './publish.js';
import { rawPublish, rawReceive } from './raw.js';
import { receive } from './receive.js';

/** A row: where it goes and how, and what is unusual about it. */
export type LoadRow = Pick<Load, 'direction' | 'qos'> & Partial<Load>;

/** The lane of a row. @param core Names of the lanes that run without being named. */
export function loadLane(row: LoadRow, core: ReadonlySet<string>): Lane {
  const load: Load = { ...USUAL, ...row };
  const name = nameOf(load);
  const isCore = core.has(name);
  const { direction, qos, road, rate, clients } = load;
  const { payloadBytes, topics, version, extras } = load;
  return {
    name,
    title: titleOf(load),
    road,
    isCore,
    clients: clientsFor(load, isCore),
    peer:
      direction === 'publish'
        ? { kind: 'sink' }
        : {
            kind: 'source',
            shape: { qos, payloadBytes, topics, version, extras },
            rate,
            window: Math.ceil(WINDOW / clients),
          },
    run: (context) => runnerOf(load, context.client)(context, load),
  };
}

function runnerOf({ direction, rate }: Load, client: ClientName) {
  if (direction === 'receive') return client === 'raw' ? rawReceive : receive;
  if (rate !== null) return publishPaced;
  return client === 'raw' ? rawPublish : publishFlatOut;
}

/** Who can carry a load. */
function clientsFor(load: Load, isCore: boolean): readonly ClientName[] {
  const { direction, qos, version, extras, road, clients, rate, payloadBytes, topics } = load;
  // The raw client speaks MQTT 5, alone, and has no WebSocket frames.
  const isForRaw = version === 5 && clients === 1 && road !== 'ws' && rate === null;
  const isPlain = isCore && payloadBytes === USUAL.payloadBytes && topics === USUAL.topics;
  const isForPeers = isForRaw && isPlain && extras === 'none' && road === 'mqtt' && qos < 2;
  return [
    ...(isForRaw ? (['raw'] as const) : []),
    'mqttjs',
    ...(isForPeers ? (['mqttjs-silent', 'u8-mqtt'] as const) : []),
    // At QoS 1 some of its promises wait for ever when the peer acknowledges as fast as it can, and of what it is sent as fast as it
    // can take it, it now and then does not come to the end.
    ...(isForPeers && qos === 0 && direction === 'publish' ? (['aws-crt'] as const) : []),
    'gneiss',
  ];
}

/** Direction and QoS, then what is unusual. */
function nameOf(load: Load): string {
  const { direction, qos, payloadBytes, topics, version, extras, clients, road, rate } = load;
  return [
    `${direction}-qos${qos}`,
    payloadBytes === USUAL.payloadBytes ? '' : toSize(payloadBytes),
    topics === USUAL.topics ? '' : `${topics}topic${topics === 1 ? '' : 's'}`,
    version === 5 ? '' : 'v311',
    extras === 'none' ? '' : extras,
    clients === 1 ? '' : `${clients}clients`,
    road === 'mqtt' ? '' : road,
    rate === null ? '' : `${rate / 1_000}k`,
  ]
    .filter((part) => part !== '')
    .join('-');
}

function titleOf(load: Load): string {
  const { direction, qos, payloadBytes, topics, version, extras, clients, road, rate } = load;
  return [
    `${direction} QoS ${qos}`,
    ...(rate === null ? [] : [`${rate} messages/s, sent every millisecond`]),
    toSize(payloadBytes).replace(/(?<=\d)(?=\D)/, ' '),
    ...(topics === USUAL.topics ? [] : [`${topics} topic${topics === 1 ? '' : 's'}`]),
    ...(version === 5 ? [] : ['MQTT 3.1.1']),
    ...(extras === 'none' ? [] : [EXTRAS_TITLES[extras]]),
    ...(clients === 1 ? [] : [`${clients} clients in one process`]),
    ...(road === 'mqtt' ? [] : [ROAD_TITLES[road]]),
  ].join(', ');
}

const EXTRAS_TITLES: Readonly<Record<Exclude<Extras, 'none'>, string>> = {
  properties: 'three properties',
  aliases: 'topic aliases',
};

const ROAD_TITLES: Readonly<Record<Road, string>> = { mqtt: 'TCP', mqtts: 'TLS', ws: 'WebSocket' };

function toSize(bytes: number): string {
  if (bytes >= 1 << 20) return `${bytes >> 20}MiB`;
  return bytes >= 1 << 10 ? `${bytes >> 10}KiB` : `${bytes}B`;
}
