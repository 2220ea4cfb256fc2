import { readFileSync } from 'node:fs';
import type { ClientOptions, TlsOptions, WillOptions } from '../index.js';
import { parseUrl } from '../util/parse-url.js';
import { refuseUsage } from './cli-error.js';
import { type ConnectionValues, TLS_FLAG_NAMES } from './connection-flags.js';

/** Where to connect, and how. */
export interface Connection {
  readonly url: string;
  readonly options: ClientOptions;
}

/** What the flags of a connection mean to the library. @param url The address, when it was given as one. */
export async function toConnection(
  url: string | undefined,
  values: ConnectionValues,
): Promise<Connection> {
  const { connectTimeout, connectUserProperty, proxy, mqttVersion, keepalive } = values;
  const address = toAddress(url, values);
  return {
    url: address,
    options: {
      ...(mqttVersion !== undefined && { protocolVersion: mqttVersion }),
      ...(keepalive !== undefined && { keepAlive: keepalive }),
      ...(connectTimeout !== undefined && { connectTimeoutMs: Math.ceil(connectTimeout) }),
      ...(connectUserProperty.length > 0 && { userProperties: connectUserProperty }),
      ...(proxy !== undefined && { proxy }),
      ...given(values, [
        'clientId',
        'sessionExpiryInterval',
        'receiveMaximum',
        'maximumPacketSize',
        'topicAliasMaximum',
      ]),
      ...(!values.clean && { rejoinSession: 'always' as const }),
      ...(await toCredentials(address, values)),
      ...toTls(values),
      ...(values.header.length > 0 && {
        webSocket: { headers: Object.fromEntries(values.header) },
      }),
      ...toWill(values),
    },
  };
}

function toAddress(url: string | undefined, values: ConnectionValues): string {
  const { host, port, protocol, path, unix } = values;
  const parts = { host, port, protocol, path, unix };
  const named = Object.entries(parts).filter(([, value]) => value !== undefined);
  if (url !== undefined) {
    const [first] = named;
    if (first !== undefined) refuseUsage(`--${first[0]} does not go with an address`);
    return url;
  }
  if (unix !== undefined) {
    if (named.length > 1)
      refuseUsage('--unix does not go with --host, --port, --protocol or --path');
    return `mqtt+unix://${encodeURI(unix.startsWith('/') ? unix : `${process.cwd()}/${unix}`)}`;
  }
  if (host?.includes('://') === true)
    refuseUsage(
      '--host takes a name; an address stands without a flag',
      'gneiss sub mqtt://host:1883 -t …',
    );
  const scheme = protocol ?? (isTlsMeant(values) ? 'mqtts' : 'mqtt');
  const name = host ?? 'localhost';
  const authority = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  const isWebSocket = scheme === 'ws' || scheme === 'wss';
  if (path !== undefined && !isWebSocket) refuseUsage('--path needs --protocol ws or wss');
  const resource = isWebSocket ? `/${(path ?? 'mqtt').replace(/^\//, '')}` : '';
  return `${scheme}://${authority}${port === undefined ? '' : `:${port}`}${resource}`;
}

function isTlsMeant(values: ConnectionValues): boolean {
  return TLS_FLAG_NAMES.some((name) => {
    const value = values[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
}

async function toCredentials(
  address: string,
  values: ConnectionValues,
): Promise<Pick<ClientOptions, 'username' | 'password' | 'authenticator'>> {
  const { username, passwordFile, scram } = values;
  if (values.password !== undefined && passwordFile !== undefined)
    refuseUsage('--password does not go with --password-file');
  const password = passwordFile === undefined ? values.password : firstLine(passwordFile);
  if (scram === undefined)
    return {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    };
  const inAddress = parseUrl(address);
  const name = username ?? decodeURIComponent(inAddress?.username ?? '');
  const secret = password ?? decodeURIComponent(inAddress?.password ?? '');
  if (name === '' || secret === '') refuseUsage('--scram needs --username and --password');
  const library = await import('../index.js');
  return { authenticator: library.scram({ mechanism: scram, username: name, password: secret }) };
}

function firstLine(path: string): string {
  const [line = ''] = readInput(path, '--password-file').toString('utf8').split(/\r?\n/);
  return line;
}

/** Reads a file that a flag names. @throws {CliError} */
export function readInput(path: string, flag: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return refuseUsage(`${flag}: can not read ${path} (${code})`);
  }
}

function toTls(values: ConnectionValues): { readonly tls?: TlsOptions } {
  if (!isTlsMeant(values)) return {};
  const { insecure, fingerprint, alpn } = values;
  return {
    tls: {
      ...given(values, ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'ciphers']),
      ...(insecure && { rejectUnauthorized: false }),
      ...(fingerprint.length > 0 && { fingerprints: fingerprint }),
      ...(alpn.length > 0 && { alpnProtocols: alpn }),
    },
  };
}

function toWill(values: ConnectionValues): { readonly will?: WillOptions } {
  const { willTopic, willMessage, willUserProperty } = values;
  if (willTopic === undefined) {
    if (willMessage !== undefined) refuseUsage('--will-message needs --will-topic');
    return {};
  }
  const { willDelayInterval, willMessageExpiryInterval, willContentType, willResponseTopic } =
    values;
  return {
    will: {
      topicName: willTopic,
      payload: willMessage,
      qos: values.willQos,
      retain: values.willRetain,
      willDelayInterval,
      messageExpiryInterval: willMessageExpiryInterval,
      contentType: willContentType,
      responseTopic: willResponseTopic,
      ...(willUserProperty.length > 0 && { userProperties: willUserProperty }),
    },
  };
}

/** The members that have a value. */
function given<T extends object, Name extends keyof T>(
  values: T,
  names: readonly Name[],
): { [N in Name]?: Exclude<T[N], undefined> } {
  const present: { [N in Name]?: Exclude<T[N], undefined> } = {};
  for (const name of names) {
    const value = values[name];
    if (value !== undefined) present[name] = value as Exclude<T[Name], undefined>;
  }
  return present;
}
