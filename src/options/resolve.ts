import { isRecord, refuse, refuseUnknown } from '../validation/values.js';
import { assertCredentialsVersion, chooseCredentials } from './credentials.js';
import {
  type MainOptions,
  OPTIONS,
  type OptionName,
  type ResolvedOptions,
  type WorkerOptions,
} from './schema.js';
import { parseUrls, type ServerUrls } from './url.js';
import { assertWillVersion } from './will.js';

/**
 * Turns the addresses of Servers and the options of a user into options that need no more checking.
 * A username or password in the options takes the place of both in all addresses.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`, or `GNEISS_ERR_INVALID_OPTION` with the name of the
 *   option; neither repeats a value.
 */
export function resolveOptions(url: ServerUrls, input?: unknown): ResolvedOptions {
  const addresses = parseUrls(url);
  const given = readOptions(input);
  const parsed = parseGiven(given);
  const values: ParsedValues = Object.assign({ ...DEFAULTS }, parsed);
  const servers = addresses.map((address) => ({
    endpoint: address.endpoint,
    ...chooseCredentials(address, values),
  }));
  assertVersion(values, servers, given);
  Object.assign(parsed, relate(values, servers, given));
  return split(parsed, {
    servers,
    authenticationMethod: values.authenticator?.method,
    asksConnectOptions: values.connectOptions !== undefined,
    tapsPackets: values.packetTap !== undefined,
  });
}

/** Every option by its name, before it is known which thread reads it. */
type Values = MainOptions & WorkerOptions;
/** Those of the table. */
type ParsedValues = Omit<Values, keyof DerivedValues>;
/** Those that follow from the addresses and from others. */
type DerivedValues = Pick<
  Values,
  'servers' | 'authenticationMethod' | 'asksConnectOptions' | 'tapsPackets'
>;
/** What was given, unparsed; an option that was not is an absent key. */
type Given = { readonly [Name in OptionName]?: unknown };

/**
 * Positions in the memory of a client are 31-bit numbers: 256 MiB of the 2 GiB stay for the rings.
 */
const MEMORY_BYTES_MAX = 0x7000_0000;

const NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** The defaults of the options that the given sides read. Copied as a whole: most clients are told but a few options. */
function defaultsOf(sides: readonly string[]): Readonly<Record<string, unknown>> {
  const names = NAMES.filter((name) => sides.includes(OPTIONS[name].side));
  return Object.fromEntries(names.map((name) => [name, OPTIONS[name].default]));
}

const DEFAULTS = defaultsOf(['main', 'worker', 'both']) as ParsedValues;
const MAIN_DEFAULTS = defaultsOf(['main', 'both']);
/** With places for what is derived: to add them to a copy would cost more than the copy. */
export const WORKER_DEFAULTS: WorkerOptions = {
  ...(defaultsOf(['worker', 'both']) as Omit<WorkerOptions, keyof DerivedValues>),
  servers: [],
  authenticationMethod: undefined,
  asksConnectOptions: false,
  tapsPackets: false,
};
const WORKER_NAMES = Object.keys(WORKER_DEFAULTS) as readonly (keyof WorkerOptions)[];

/** Those of the options that are not the defaults, to be posted with less. */
export function withoutDefaults(options: WorkerOptions): Partial<WorkerOptions> {
  const changed: Record<string, unknown> = {};
  for (const name of WORKER_NAMES)
    if (options[name] !== WORKER_DEFAULTS[name]) changed[name] = options[name];
  return changed;
}

/** Reads every option once: what is checked is what is used, even when a getter stands behind it. */
function readOptions(input: unknown): Given {
  if (input === undefined) return {};
  if (!isRecord(input)) return refuse('options', 'must be an object');
  for (const key in input) if (!Object.hasOwn(OPTIONS, key)) refuseUnknown(key, NAMES);
  const given: { [Name in OptionName]?: unknown } = {};
  for (const name of namesIn(input)) {
    const value = input[name];
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** Options that an object may have: those of its own, and all that there are when it could inherit some. */
function namesIn(input: object): readonly OptionName[] {
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype !== Object.prototype && prototype !== null) return NAMES;
  return Object.getOwnPropertyNames(input).filter(isName);
}

function isName(key: string): key is OptionName {
  return Object.hasOwn(OPTIONS, key);
}

function parseGiven(given: Given): Partial<ParsedValues> {
  const parsed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given))
    parsed[name] = OPTIONS[name as OptionName].parse(value, name);
  // The table has one row a name, and the type derives from it.
  return parsed;
}

function assertVersion(values: ParsedValues, servers: Values['servers'], given: Given): void {
  if (values.protocolVersion === 5) return;
  for (const name of NAMES) {
    if ('version5' in OPTIONS[name] && given[name] !== undefined) refuse(name, 'needs MQTT 5');
  }
  if (values.will !== undefined) assertWillVersion(values.will, values.protocolVersion);
  for (const server of servers) assertCredentialsVersion(server, values.protocolVersion);
}

/** Checks the options against each other. @returns Values that are fitted to what was given. */
function relate(
  values: ParsedValues,
  servers: Values['servers'],
  given: Given,
): Pick<ParsedValues, OfflineBound | 'maximumPacketSize' | 'rejoinSession'> {
  const { reconnectDelayMinMs, reconnectDelayMaxMs, inboundMemoryBytes } = values;
  if (reconnectDelayMinMs > reconnectDelayMaxMs) {
    refuse('reconnectDelayMinMs', 'must not exceed reconnectDelayMaxMs');
  }
  if (inboundMemoryBytes + values.outboundMemoryBytes > MEMORY_BYTES_MAX) {
    refuse(
      'inboundMemoryBytes',
      `and outboundMemoryBytes must not exceed ${MEMORY_BYTES_MAX} together`,
    );
  }
  const isLocal = servers.some(({ endpoint }) => 'path' in endpoint);
  if (isLocal && given.proxy !== undefined && given.proxy !== 'environment')
    refuse('proxy', 'does not go with a Unix domain socket');
  relateUserCode(values, given);
  const maximumPacketSize = Math.min(values.maximumPacketSize, inboundMemoryBytes);
  if (given.maximumPacketSize !== undefined && values.maximumPacketSize > inboundMemoryBytes) {
    refuse('maximumPacketSize', 'must not exceed inboundMemoryBytes');
  }
  return {
    ...relateOfflineQueue(values, given),
    maximumPacketSize,
    rejoinSession: relateSession(values, given),
  };
}

function relateUserCode(values: ParsedValues, given: Given): void {
  for (const name of ['topicAliasResolver', 'transport'] as const) {
    const code = values[name];
    if (code === undefined) continue;
    if (typeof code !== 'string' && values.thread === 'worker')
      refuse(name, "must be the URL of a module unless thread is 'inline'");
    for (const other of EXCLUDED_BY[name])
      if (given[other] !== undefined) refuse(other, `does not go with ${name}`);
  }
}

/** What code of the user's takes the place of. */
const EXCLUDED_BY = {
  topicAliasResolver: ['topicAliasPolicy', 'topicAliasCacheSize'],
  transport: ['tls', 'webSocket', 'proxy'],
} as const;

type OfflineBound = 'offlineQueueMaximumMessages' | 'offlineQueueMaximumBytes';

/**
 * What waits for a connection is a part of all that is pending. Where it is dropped it is half of the places, and a quarter of the
 * memory: segments are only free as a whole, and the rest must take what comes before others are dropped for it.
 */
function relateOfflineQueue(values: ParsedValues, given: Given): Pick<Values, OfflineBound> {
  const { offlineQueueFull, maximumPendingOperations, outboundMemoryBytes } = values;
  const drops = offlineQueueFull === 'drop-oldest' || offlineQueueFull === 'drop-newest';
  const bound = (name: OfflineBound, limit: number, limitName: string): number => {
    if (given[name] === undefined) return limit;
    return values[name] <= limit ? values[name] : refuse(name, `must not exceed ${limitName}`);
  };
  return {
    offlineQueueMaximumMessages: bound(
      'offlineQueueMaximumMessages',
      drops ? Math.floor(maximumPendingOperations / 2) : maximumPendingOperations,
      drops ? 'half of maximumPendingOperations' : 'maximumPendingOperations',
    ),
    offlineQueueMaximumBytes: bound(
      'offlineQueueMaximumBytes',
      drops ? Math.floor(outboundMemoryBytes / 4) : outboundMemoryBytes,
      drops ? 'a quarter of outboundMemoryBytes' : 'outboundMemoryBytes',
    ),
  };
}

/**
 * In MQTT 3.1.1 a Server refuses an empty Client Identifier unless the Session is clean
 * [MQTT-3.1.1:3.1.3-8], and tells nobody which one it made up: nothing can be resumed.
 */
function relateSession(values: ParsedValues, given: Given): Values['rejoinSession'] {
  const { protocolVersion, clientId, rejoinSession } = values;
  if (protocolVersion === 5 || clientId !== '' || rejoinSession === 'never') return rejoinSession;
  if (given.rejoinSession !== undefined) {
    refuse('rejoinSession', "must be 'never' in MQTT 3.1.1 when clientId is empty");
  }
  return 'never';
}

/** @param changed Every option whose value may not be the default. */
function split(changed: Partial<ParsedValues>, derived: DerivedValues): ResolvedOptions {
  const main: Record<string, unknown> = { ...MAIN_DEFAULTS };
  const worker: Record<string, unknown> = Object.assign({ ...WORKER_DEFAULTS }, derived);
  for (const [name, value] of Object.entries(changed)) {
    const { side } = OPTIONS[name as OptionName];
    if (side !== 'worker') main[name] = value;
    if (side !== 'main') worker[name] = value;
  }
  return { main: main as MainOptions, worker: worker as WorkerOptions };
}
