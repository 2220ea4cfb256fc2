import { MqttError } from '../index.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';

/** An error as a user reads it. */
export interface Explanation {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
}

/** What is wrong, in one line, and what may help. */
export function explain(error: unknown): Explanation {
  if (error instanceof CliError)
    return { message: error.message, hint: error.hint, exitCode: error.exitCode };
  if (error instanceof MqttError) {
    return { message: describe(error), hint: hintFor(error), exitCode: exitCodeOf(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { message, hint: undefined, exitCode: EXIT.failed };
}

const EXIT_CODES: Readonly<Partial<Record<MqttError['code'], ExitCode>>> = {
  GNEISS_ERR_INVALID_OPTION: EXIT.usage,
  GNEISS_ERR_INVALID_URL: EXIT.usage,
  GNEISS_ERR_INVALID_TOPIC: EXIT.usage,
  GNEISS_ERR_INVALID_FILTER: EXIT.usage,
  GNEISS_ERR_CONNECT_FAILED: EXIT.unreachable,
  GNEISS_ERR_CONNECT_TIMEOUT: EXIT.unreachable,
  GNEISS_ERR_CONNECTION_REFUSED: EXIT.refused,
  GNEISS_ERR_AUTHENTICATION_FAILED: EXIT.refused,
  GNEISS_ERR_ACK_TIMEOUT: EXIT.timeout,
  GNEISS_ERR_RESPONSE_TIMEOUT: EXIT.timeout,
};

function exitCodeOf({ code }: MqttError): ExitCode {
  return EXIT_CODES[code] ?? EXIT.failed;
}

function describe({ message, reasonCode, reasonString }: MqttError): string {
  const hex = reasonCode === undefined ? '' : `0x${reasonCode.toString(16).padStart(2, '0')}`;
  const reasons = [
    ...(hex === '' || message.includes(hex) ? [] : [`reason code ${hex}`]),
    ...(reasonString === undefined ? [] : [JSON.stringify(reasonString)]),
  ];
  return reasons.length === 0 ? message : `${message} (${reasons.join(', ')})`;
}

export const NO_WEBSOCKET_HINT = 'that port does not speak WebSocket: use mqtt://';

/** What to look at, by the code of the system, of OpenSSL, or of the broker. */
const HINTS_BY_CAUSE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there: is the broker running, and is this its --host and --port?',
  ENOTFOUND: 'there is no such host name: check the spelling of --host',
  EAI_AGAIN: 'name resolution does not work at the moment: check the network or use an IP address',
  ETIMEDOUT: 'nobody answers there: a firewall, or the wrong address?',
  EHOSTUNREACH: 'there is no way to that host: check the network',
  ENETUNREACH: 'there is no way to that network: check the network',
  ECONNRESET: 'the other side hung up: is that port one for TLS (mqtts://) or WebSocket (ws://)?',
  ENOENT: 'there is no such file',
  EACCES: 'this user may not open it',
  EPROTO:
    'TLS does not get on with this port: is it one for mqtt:// (1883) rather than mqtts:// (8883)?',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'that port does not speak TLS: use mqtt:// or ws://, or the port for TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'that port does not speak TLS: use mqtt:// or ws://, or the port for TLS',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate is signed by itself: trust it with --ca, or with --insecure and its --fingerprint',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not one that this machine trusts: name it with --ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known: name it with --ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known: name it with --ca',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known: name it with --ca',
  CERT_HAS_EXPIRED: 'the certificate of the broker has expired: it must be renewed there',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet: is the clock of this machine right?',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name: connect by that, or say it with --servername',
};

const HINTS_BY_REASON: Readonly<Record<number, string>> = {
  132: 'the broker does not speak this version: try -V 3.1.1',
  133: 'the broker does not take this client id: choose another with --client-id',
  134: 'check --username and --password',
  135: 'this user may not do that: check --username and --password, and the access rules of the broker',
  136: 'the broker is not ready: try again later',
  137: 'the broker is busy: try again later',
  138: 'the broker has banned this client',
  140: 'the broker does not know this way to authenticate',
  142: 'another client has connected with the same client id: choose another with --client-id',
  149: 'the message is larger than the broker takes',
  151: 'a quota of the broker is used up',
  154: 'the broker keeps no retained messages: leave out --retain',
  155: 'the broker does not take this QoS: try -q 0 or -q 1',
  158: 'the broker has no shared subscriptions',
  159: 'too many connections in a short time: wait a little',
  162: 'the broker has no wildcard subscriptions',
};

const HINTS_BY_CODE: Readonly<Partial<Record<MqttError['code'], string>>> = {
  GNEISS_ERR_CONNECT_TIMEOUT:
    'nobody answers there in time: a firewall, the wrong port, or --connect-timeout',
  GNEISS_ERR_INVALID_TOPIC: 'a topic name has no wildcards, and is not empty',
  GNEISS_ERR_INVALID_FILTER: 'in a filter + stands for one level, and # for the rest at its end',
  GNEISS_ERR_RESPONSE_TIMEOUT: 'does anybody answer on that topic?',
  GNEISS_ERR_INVALID_URL: 'such as mqtt://host:1883; a host alone is given by --host',
  GNEISS_ERR_PEER_VIOLATION:
    'the broker does not keep to MQTT, or that port is one for TLS (mqtts://), WebSocket (ws://) or something else',
};

function hintFor(error: MqttError): string | undefined {
  const { cause, code, reasonCode, message } = error;
  const systemCode = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/TLS handshake: .*(closed the connection|disconnected before|ECONNRESET)/.test(message))
    return HINTS_BY_CAUSE['ERR_SSL_WRONG_VERSION_NUMBER'];
  if (/WebSocket upgrade: .*(hang up|ECONNRESET)/.test(message)) return NO_WEBSOCKET_HINT;
  return (
    HINTS_BY_CAUSE[systemCode] ??
    (reasonCode === undefined ? undefined : HINTS_BY_REASON[reasonCode]) ??
    HINTS_BY_CODE[code]
  );
}

/** What may help with an error of the system, or of TLS. */
export function hintForCode(code: string): string | undefined {
  return HINTS_BY_CAUSE[code];
}
