/** Whose fault an error is: the caller's, the Server's, the network's between the two, or this library's own. */
export type ErrorOrigin = 'user' | 'server' | 'network' | 'library';

interface ErrorRow {
  readonly origin: ErrorOrigin;
  readonly message: string;
}

/**
 * Every error of the library: one row a code. The position of a row is its number in completion
 * records, so rows are only ever appended.
 */
export const ERRORS = {
  GNEISS_ERR_INVALID_OPTION: {
    origin: 'user',
    message: 'An option is unknown, of the wrong type or out of range',
  },
  GNEISS_ERR_INVALID_URL: { origin: 'user', message: 'The server address is not a valid MQTT URL' },
  GNEISS_ERR_INVALID_TOPIC: { origin: 'user', message: 'The topic name is not valid' },
  GNEISS_ERR_INVALID_FILTER: { origin: 'user', message: 'The topic filter is not valid' },
  GNEISS_ERR_INVALID_PAYLOAD: {
    origin: 'user',
    message: 'The payload is not a well-formed string, an ArrayBuffer or a view of bytes',
  },
  GNEISS_ERR_PACKET_TOO_LARGE: {
    origin: 'user',
    message: 'The packet exceeds what the Server or this client can take',
  },
  GNEISS_ERR_QOS_UNSUPPORTED: { origin: 'server', message: 'The Server does not support this QoS' },
  GNEISS_ERR_RETAIN_UNSUPPORTED: {
    origin: 'server',
    message: 'The Server does not support retained messages',
  },
  GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED: {
    origin: 'server',
    message: 'The Server does not support this kind of subscription',
  },
  GNEISS_ERR_TOPIC_ALIAS_INVALID: {
    origin: 'user',
    message:
      'The topic alias exceeds the Topic Alias Maximum of the Server, or its resolver failed',
  },
  GNEISS_ERR_REASON_CODE: {
    origin: 'server',
    message: 'The Server answered with a failing reason code',
  },
  GNEISS_ERR_QUEUE_FULL: { origin: 'user', message: 'The outbound queue is full' },
  GNEISS_ERR_OFFLINE: {
    origin: 'network',
    message: 'The client is offline and its policy does not queue this operation',
  },
  GNEISS_ERR_CONNECTION_LOST: {
    origin: 'network',
    message: 'The connection was lost before the operation completed',
  },
  GNEISS_ERR_ACK_TIMEOUT: { origin: 'server', message: 'The Server did not acknowledge in time' },
  GNEISS_ERR_MESSAGE_EXPIRED: {
    origin: 'network',
    message: 'The message expired before it could be sent',
  },
  GNEISS_ERR_ABORTED: { origin: 'user', message: 'The operation was aborted' },
  GNEISS_ERR_STOPPED: {
    origin: 'user',
    message: 'The client was stopped',
  },
  GNEISS_ERR_CLOSED: { origin: 'user', message: 'The client is closed' },
  GNEISS_ERR_CONNECT_FAILED: {
    origin: 'network',
    message: 'The connection could not be established',
  },
  GNEISS_ERR_CONNECT_TIMEOUT: {
    origin: 'network',
    message: 'The connection was not established in time',
  },
  GNEISS_ERR_CONNECTION_REFUSED: { origin: 'server', message: 'The Server refused the connection' },
  GNEISS_ERR_CONNECTION_CLOSED: { origin: 'network', message: 'The connection was closed' },
  GNEISS_ERR_KEEP_ALIVE_TIMEOUT: {
    origin: 'network',
    message: 'The Server did not answer a PINGREQ in time',
  },
  GNEISS_ERR_SERVER_DISCONNECT: { origin: 'server', message: 'The Server sent DISCONNECT' },
  GNEISS_ERR_PEER_VIOLATION: { origin: 'server', message: 'The Server violated the protocol' },
  GNEISS_ERR_POOL_EXHAUSTED: {
    origin: 'user',
    message: 'The worker pool has no room for another client',
  },
  GNEISS_ERR_WORKER_DIED: { origin: 'library', message: 'The worker thread of the client died' },
  GNEISS_ERR_HANDLER_FAILED: { origin: 'user', message: 'A message handler failed' },
  GNEISS_ERR_LEASE_ENDED: { origin: 'user', message: 'The lease of the message has ended' },
  GNEISS_ERR_INVALID_STATE: { origin: 'user', message: 'The call is not possible in this state' },
  GNEISS_ERR_SESSION_LOST: {
    origin: 'server',
    message: 'The Server lost the Session before the operation completed',
  },
  GNEISS_ERR_WRITE_TIMEOUT: {
    origin: 'network',
    message: 'The connection took no more bytes in time',
  },
  GNEISS_ERR_DROPPED: {
    origin: 'network',
    message: 'The message was dropped from the offline queue, which was full',
  },
  GNEISS_ERR_RETRIES_EXHAUSTED: {
    origin: 'network',
    message: 'The connection was lost over the operation more often than it may be sent again',
  },
  GNEISS_ERR_AUTHENTICATION_FAILED: {
    origin: 'user',
    message: 'The authenticator failed, or did not accept the Server',
  },
  GNEISS_ERR_AUTHENTICATION_TIMEOUT: {
    origin: 'server',
    message: 'The re-authentication was not completed in time',
  },
  GNEISS_ERR_RESPONSE_TIMEOUT: {
    origin: 'network',
    message: 'The request was not answered in time',
  },
  GNEISS_ERR_CONNECT_OPTIONS_FAILED: {
    origin: 'user',
    message: 'connectOptions failed, and with it the attempt to connect',
  },
} as const satisfies Record<string, ErrorRow>;

/**
 * The `code` of an {@link MqttError}. Stable: codes are added, never renamed or given another meaning. What each means is in
 * [the guide to errors](../../docs/errors.md).
 *
 * @useDeclaredType
 */
export type ErrorCode = keyof typeof ERRORS;

const CODES = Object.keys(ERRORS) as ErrorCode[];
const NUMBERS = new Map<ErrorCode, number>(CODES.map((code, row) => [code, row + 1]));

/** The number of an error code in a completion record; 0 is kept for success. */
export function toErrorNumber(code: ErrorCode): number {
  return NUMBERS.get(code)!;
}

/** The error code of a number out of a completion record. */
export function fromErrorNumber(number: number): ErrorCode {
  return CODES[number - 1]!;
}
