import type { ClientOptions } from '../../src/options/schema.js';
import type { Prng } from '../support/prng.js';
import type { AskerSwarm } from './application/asker.js';
import type {
  ApplicationSwarm,
  BrokerSwarm,
  HandlerKind,
  InheritanceSwarm,
  NetworkSwarm,
  ServersSwarm,
  Swarm,
} from './swarm.js';
import type { Knobs } from './world/knobs.js';

/** The largest packet that the model Server sends. */
const PACKET_BYTES = 600;
const FOR_EVER = 0xffff_ffff;
const U16_MAX = 0xffff;

/** A strict client does not take a Session whose beginning it has not heard of. */
const RESUMING: ClientOptions = {
  clientId: 'client',
  compliance: 'forgiving',
  rejoinSession: 'always',
};

/** Chooses the configuration of a history. */
export function chooseSwarm(prng: Prng, version: 4 | 5): Swarm {
  const network = chooseNetwork(prng);
  const authentication =
    version === 5 && prng.chance(0.2)
      ? { stepMs: prng.pick([0, 5, 300]), failures: prng.pick([0, 0.1]) }
      : null;
  const options = chooseOptions(prng, version);
  const inheritance = prng.chance(0.2)
    ? chooseInheritance(prng, options.receiveMaximum ?? U16_MAX)
    : null;
  const servers = prng.chance(0.25) ? chooseServers(prng) : null;
  const broker = chooseBroker(prng);
  // Whom a foreign Server has to be told nothing of, the judge of the exchange would have to know.
  const isReferring = servers !== null && authentication === null && version === 5;
  return {
    version,
    options: {
      ...options,
      ...(inheritance === null ? {} : RESUMING),
      serverOrder: prng.pick(['round-robin', 'round-robin', 'random']),
      ...(isReferring ? { serverReference: prng.pick(REFERENCE_POLICIES) } : {}),
    },
    knobs: chooseKnobs(prng),
    // The judge has to know when a CONNACK was verified: on the other thread, which must not be far.
    portDelayMs: authentication === null ? prng.pick([0, 0, 1, 5]) : 0,
    network,
    broker: isReferring ? { ...broker, referrals: prng.pick([0, 0.2, 0.5]) } : broker,
    servers,
    asker: prng.chance(isReferring ? 0.5 : 0.1) ? chooseAsker(prng) : null,
    application: chooseApplication(prng),
    inheritance,
    authentication,
  };
}

function chooseOptions(prng: Prng, version: 4 | 5): ClientOptions {
  const delayMin = prng.pick([1, 20, 200]);
  const isStrict = prng.chance(0.3);
  const common: ClientOptions = {
    protocolVersion: version,
    clientId: version === 5 && prng.chance(0.2) ? '' : 'client',
    compliance: isStrict ? 'strict' : 'forgiving',
    rejoinSession: prng.pick(['post-success', isStrict ? 'post-success' : 'always', 'never']),
    keepAlive: prng.pick([0, 1, 2, 10]),
    will: prng.chance(0.2)
      ? { topicName: 'will', payload: 'gone', qos: prng.pick([0, 1, 2]) }
      : undefined,
    connectTimeoutMs: prng.pick([100, 1000, 5000]),
    writeTimeoutMs: prng.pick([0, 400, 30_000]),
    pingTimeoutMs: prng.pick([100, 1000, 10_000]),
    reconnectDelayMinMs: delayMin,
    reconnectDelayMaxMs: delayMin * prng.pick([1, 3, 16]),
    reconnectResetMs: prng.pick([0, 100, 1000]),
    offlineQueue: prng.pick(['all', 'acknowledged', 'acknowledged', 'qos1-plus', 'nothing']),
    offlineQueueFull: prng.pick(['reject', 'reject', 'wait', 'drop-oldest', 'drop-newest']),
    offlineQueueMaximumMessages: prng.pick([undefined, undefined, 2, 5]),
    offlineQueueMaximumBytes: prng.pick([undefined, undefined, 700]),
    flowControl: prng.pick(['specification', 'specification', 'fifo']),
    maximumInflight: prng.pick([undefined, undefined, 1, 4]),
    slowStart: prng.chance(0.3),
    maximumInterruptedRetries: prng.pick([undefined, undefined, undefined, 0, 1, 3]),
    resubscribe: prng.chance(0.85),
    ackTimeoutMs: prng.pick([0, 0, 0, 400]),
    closeTimeoutMs: prng.pick([0, 200, 2000]),
    maximumPendingOperations: prng.pick([16, 16, 64]),
    maximumPacketSize: PACKET_BYTES,
    inboundMemoryBytes: 512 * 1024,
    outboundMemoryBytes: 512 * 1024,
    thread: 'inline',
  };
  if (version === 4) return common;
  return {
    ...common,
    sessionExpiryInterval: prng.pick([0, 1, 3600, FOR_EVER]),
    receiveMaximum: prng.pick([1, 2, 5, 20]),
    topicAliasMaximum: prng.pick([0, 1, 3]),
    requestProblemInformation: prng.chance(0.7),
    topicAliasPolicy: prng.pick(['manual', 'manual', 'lru', 'none']),
    topicAliasCacheSize: prng.pick([1, 2, 256]),
  };
}

function chooseKnobs(prng: Prng): Knobs {
  const segmentBytes = prng.pick([1024, 2048]);
  return {
    segmentBytes,
    inboundBytes: segmentBytes * prng.pick([1, 2, 4]),
    outboundBytes: segmentBytes * prng.pick([2, 4, 16]),
    readBytesMin: prng.pick([1, 64, 512, segmentBytes - 128]),
    landingBytes: prng.pick([64, 1024, 1024]),
    deliveryRecords: prng.pick([4, 4, 8, 64]),
    acknowledgementRecords: prng.pick([2, 4, 64]),
    leasesMax: prng.pick([2, 8, 64]),
    packetsATurn: prng.pick([1, 3, 64]),
    flushEntriesMax: prng.pick([1, 4, 64]),
    pubcompsMax: prng.pick([1, 4, 64]),
    packetIdMax: prng.pick([3, 20, 40]),
    arenaBytes: prng.pick([512, 4096]),
    batchBytes: prng.pick([64, 1024, 65_536]),
    piecesMax: prng.pick([5, 64]),
    cacheSets: prng.pick([1, 4]),
    cacheWays: prng.pick([1, 2]),
    showEvery: prng.pick([1, 64]),
  };
}

function chooseNetwork(prng: Prng): NetworkSwarm {
  const hasFaults = prng.chance(0.85);
  return {
    latencyMs: prng.pick([0, 5, 20, 80]),
    flushMs: prng.pick([0, 0, 5, 30]),
    splits: prng.pick(['whole', 'anywhere', 'anywhere', 'bytes']),
    chunks: prng.chance(0.3),
    joins: prng.chance(0.5),
    refusals: hasFaults ? prng.pick([0, 0.2]) : 0,
    swallowedAttempts: hasFaults ? prng.pick([0, 0, 0.1]) : 0,
    cuts: hasFaults ? prng.pick([0.3, 0.7, 0.95]) : 0,
    cutBytesMax: prng.pick([100, 400, 1500]),
    halfOpen: prng.pick([0, 0.2]),
    stalls: hasFaults ? prng.pick([0, 0.01, 0.05]) : 0,
    holdsUp: hasFaults && prng.chance(0.3),
  };
}

function chooseBroker(prng: Prng): BrokerSwarm {
  return {
    receiveMaximum: prng.pick([1, 2, 5, 65_535]),
    maximumPacketSize: prng.pick([FOR_EVER, FOR_EVER, 120]),
    topicAliasMaximum: prng.pick([0, 1, 3]),
    maximumQos: prng.pick([2, 2, 2, 1, 0]),
    retainAvailable: prng.chance(0.8),
    wildcards: prng.chance(0.8),
    identifiers: prng.chance(0.8),
    shared: prng.chance(0.8),
    serverKeepAlive: prng.pick([0, 0, 1, 3]),
    answerMs: prng.pick([0, 2, 50, 300]),
    shuffles: prng.chance(0.2),
    forgetsSession: prng.pick([0, 0.1, 0.5]),
    refusesConnect: prng.pick([0, 0, 0.15]),
    refusesPublish: prng.pick([0, 0, 0.1]),
    refusesSubscribe: prng.pick([0, 0, 0.2]),
    disconnects: prng.pick([0, 0, 0.03]),
    violations: prng.pick([0, 0, 0.02]),
    aliases: prng.chance(0.5),
    explains: prng.chance(0.3),
    packetIds: prng.pick([3, 20, 200]),
    referrals: 0,
    references: ['two', 'elsewhere', 'elsewhere:1884 one', 'one:1999', 'away elsewhere three'],
  };
}

const REFERENCE_POLICIES = ['ignore', 'follow', 'follow', 'follow-with-credentials'] as const;

function chooseServers(prng: Prng): ServersSwarm {
  const hosts = prng.pick([['one'], ['one', 'two'], ['one', 'two', 'three']]);
  return { hosts, down: hosts.filter(() => prng.chance(0.2)) };
}

function chooseAsker(prng: Prng): AskerSwarm {
  return {
    answerMs: prng.pick([0, 5, 80, 3000]),
    failures: prng.pick([0, 0.2]),
    rotations: prng.pick([0, 0.5, 1]),
  };
}

/** @param receiveMaximum Messages that the client, earlier and now, lets the Server have in flight. */
function chooseInheritance(prng: Prng, receiveMaximum: number): InheritanceSwarm {
  return {
    filters: prng.pick([['s/0'], ['s/0', 's/1'], ['s/+'], ['s/#', 's/2']]),
    underWay: Math.min(prng.pick([0, 1, 3, 8]), receiveMaximum),
    waiting: prng.pick([0, 1, 4, 20]),
    unreleased: prng.pick([0, 0, 1, 3]),
    pubrecs: prng.pick([0, 0, 2]),
    listensAfterMs: prng.pick([0, 50, 1000, null]),
  };
}

const HANDLERS: readonly HandlerKind[] = [
  'returns',
  'awaits',
  'throws',
  'rejects',
  'blocks',
  'manual',
  'iterates',
  'retains',
];

function chooseApplication(prng: Prng): ApplicationSwarm {
  return {
    actions: prng.pick([15, 40, 80]),
    pauseMs: prng.pick([5, 40, 150]),
    inbound: prng.pick([0, 0.3, 0.6]),
    inboundBurst: prng.pick([1, 3, 12]),
    payloadMax: prng.pick([4, 60, 300]),
    handlers: HANDLERS.filter((kind) => kind === 'returns' || prng.chance(0.4)),
    handlerMs: prng.pick([1, 20, 400, 1200]),
    qosWeights: prng.pick([[0, 1, 2], [1], [2], [1, 2], [0, 0, 1, 2, 2]]),
    aliases: prng.chance(0.5),
    expiry: prng.chance(0.3),
    aborts: prng.pick([0, 0, 0.15]),
    ackTimeouts: prng.pick([0, 0, 0.2]),
    stops: prng.pick([0, 0, 0.03]),
    subscribes: prng.pick([0.05, 0.15]),
    unawaited: prng.pick([0, 0.3, 1]),
    bursts: prng.pick([0, 0.05, 0.2]),
    ending: prng.pick(['drain', 'drain', 'drain', 'close', 'destroy']),
  };
}
