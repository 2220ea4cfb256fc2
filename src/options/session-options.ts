import { PACKET_SIZE_MAX } from '../codec/packet-types.js';
import { authenticator } from './authenticator.js';
import { aliasResolver, boolean, bytes, integer, oneOf, text, userPropertyPairs } from './kinds.js';
import { MIB, type OptionRows, U16_MAX, U32_MAX } from './option-row.js';
import { will } from './will.js';

/** Options of the Session and of the CONNECT that begins or resumes it. One row each. */
export const SESSION_OPTIONS = {
  /** Protocol version: 5 for MQTT 5.0, 4 for MQTT 3.1.1. Default 5. (§3.1.2.2) */
  protocolVersion: {
    ...oneOf(5, 4),
    default: 5,
    side: 'both',
    doc: 'Protocol version: 5 for MQTT 5.0, 4 for MQTT 3.1.1.',
    spec: '3.1.2.2',
  },
  /**
   * Client Identifier, at most 65535 bytes of UTF-8. Default '': the Server assigns one, which later
   * connections of this client use. With MQTT 3.1.1 an empty one can not have a Session that is
   * resumed. (§3.1.3.1)
   */
  clientId: {
    ...text(),
    default: '',
    side: 'worker',
    doc: 'Client Identifier, at most 65535 bytes of UTF-8.',
    spec: '3.1.3.1',
  },
  /**
   * When a connection resumes the Session: after the first success of this client, always, or never.
   * Default 'post-success': the first connection starts clean. `'always'` resumes even what an
   * earlier process left at the Server. (§3.1.2.4)
   */
  rejoinSession: {
    ...oneOf('post-success', 'always', 'never'),
    default: 'post-success',
    side: 'worker',
    doc: 'When a connection resumes the Session: after the first success of this client, always, or never.',
    spec: '3.1.2.4',
  },
  /**
   * Longest silence towards the Server, in seconds, 0…65535; 0 turns pings off. Default 60. The
   * Server may decide on another value. (§3.1.2.10)
   */
  keepAlive: {
    ...integer(0, U16_MAX),
    default: 60,
    side: 'worker',
    unit: 's',
    doc: 'Longest silence towards the Server, in seconds, 0…65535; 0 turns pings off.',
    spec: '3.1.2.10',
  },
  /** User Name, at most 65535 bytes of UTF-8. Default: that of the URL, or none. (§3.1.3.5) */
  username: {
    ...text(),
    default: undefined,
    side: 'worker',
    doc: 'User Name, at most 65535 bytes of UTF-8.',
    spec: '3.1.3.5',
  },
  /**
   * Password, at most 65535 bytes, copied; a string stands for its UTF-8. Default: that of the URL,
   * or none. MQTT 3.1.1 allows it only with a User Name. (§3.1.3.6)
   */
  password: {
    ...bytes(),
    default: undefined,
    side: 'worker',
    doc: 'Password, at most 65535 bytes, copied; a string stands for its UTF-8.',
    spec: '3.1.3.6',
  },
  /**
   * How long the Server keeps the Session after the connection, in seconds; 4294967295 is for ever.
   * Default 0. MQTT 5 only. (§3.1.2.11.2)
   */
  sessionExpiryInterval: {
    ...integer(0, U32_MAX),
    default: 0,
    side: 'both',
    unit: 's',
    doc: 'How long the Server keeps the Session after the connection, in seconds; 4294967295 is for ever.',
    version5: true,
    spec: '3.1.2.11.2',
  },
  /**
   * QoS 1 and 2 messages that the Server may have in flight to this client, 1…65535. Default 8192:
   * as many always find room on their way to the handlers, so that acknowledgements behind them are read, too. MQTT 5 only. (§3.1.2.11.3)
   */
  receiveMaximum: {
    ...integer(1, U16_MAX),
    default: 8192,
    side: 'worker',
    doc: 'QoS 1 and 2 messages that the Server may have in flight to this client, 1…65535.',
    version5: true,
    spec: '3.1.2.11.3',
  },
  /**
   * Largest packet taken from the Server, in bytes, 1…268435460. Default 16777216 (16 MiB), or
   * `inboundMemoryBytes` when that is less; it can not exceed that. A larger packet closes the
   * connection before its body is buffered, with MQTT 3.1.1 too. (§3.1.2.11.4)
   */
  maximumPacketSize: {
    ...integer(1, PACKET_SIZE_MAX),
    default: 16 * MIB,
    side: 'worker',
    unit: 'bytes',
    doc: 'Largest packet taken from the Server, in bytes, 1…268435460.',
    spec: '3.1.2.11.4',
  },
  /** Topic Aliases that the Server may use, 0…65535. Default 16. MQTT 5 only. (§3.1.2.11.5) */
  topicAliasMaximum: {
    ...integer(0, U16_MAX),
    default: 16,
    side: 'worker',
    doc: 'Topic Aliases that the Server may use, 0…65535.',
    version5: true,
    spec: '3.1.2.11.5',
  },
  /**
   * How publishes get a Topic Alias: never, the one that their caller asks for, or the least recently used one. Default 'manual'. With `'none'` and
   * `'lru'` the `topicAlias` of a publish is ignored. With `'lru'` a publish that an alias would make too large for the Server goes without. MQTT 5
   * only. (§3.3.2.3.4)
   */
  topicAliasPolicy: {
    ...oneOf('none', 'manual', 'lru'),
    default: 'manual',
    side: 'worker',
    doc: 'How publishes get a Topic Alias: never, the one that their caller asks for, or the least recently used one.',
    version5: true,
    spec: '3.3.2.3.4',
  },
  /**
   * Topics that `topicAliasPolicy: 'lru'` keeps an alias for, at most, 1…65535. Default 256. The Server may take fewer. MQTT 5 only.
   */
  topicAliasCacheSize: {
    ...integer(1, U16_MAX),
    default: 256,
    side: 'worker',
    doc: "Topics that `topicAliasPolicy: 'lru'` keeps an alias for, at most, 1…65535.",
    version5: true,
  },
  /**
   * Chooses aliases in place of a policy. Default: none. The URL of a module whose default export is a function that makes a `TopicAliasResolver`: the thread of
   * the protocol calls it once a client. With `thread: 'inline'` also a resolver itself. A module that can not be loaded within
   * 30 s closes the client with GNEISS_ERR_INVALID_OPTION. MQTT 5 only. (§3.3.2.3.4)
   */
  topicAliasResolver: {
    ...aliasResolver(),
    default: undefined,
    side: 'worker',
    doc: 'Chooses aliases in place of a policy.',
    version5: true,
    spec: '3.3.2.3.4',
  },
  /**
   * Whether the Server is asked for Response Information. Default false. MQTT 5 only. (§3.1.2.11.6)
   */
  requestResponseInformation: {
    ...boolean(),
    default: false,
    side: 'worker',
    doc: 'Whether the Server is asked for Response Information.',
    version5: true,
    spec: '3.1.2.11.6',
  },
  /**
   * Whether the Server may send Reason Strings and User Properties with failures. Default true. MQTT
   * 5 only. (§3.1.2.11.7)
   */
  requestProblemInformation: {
    ...boolean(),
    default: true,
    side: 'worker',
    doc: 'Whether the Server may send Reason Strings and User Properties with failures.',
    version5: true,
    spec: '3.1.2.11.7',
  },
  /**
   * User Properties of CONNECT: pairs of name and value, copied. Default: none. MQTT 5 only.
   * (§3.1.2.11.8)
   */
  userProperties: {
    ...userPropertyPairs(),
    default: undefined,
    side: 'worker',
    doc: 'User Properties of CONNECT: pairs of name and value, copied.',
    version5: true,
    spec: '3.1.2.11.8',
  },
  /**
   * Message that the Server publishes when the connection ends without a normal DISCONNECT. Default:
   * none. (§3.1.2.5)
   */
  will: {
    ...will(),
    default: undefined,
    side: 'worker',
    doc: 'Message that the Server publishes when the connection ends without a normal DISCONNECT.',
    spec: '3.1.2.5',
  },
  /**
   * Proves who the client is by enhanced authentication; runs on the thread of the client, anew for each connection. Default: none.
   * MQTT 5 only. (§4.12)
   */
  authenticator: {
    ...authenticator(),
    default: undefined,
    side: 'main',
    doc: 'Proves who the client is by enhanced authentication; runs on the thread of the client, anew for each connection.',
    version5: true,
    spec: '4.12',
  },
  /**
   * How well-formed misbehaviour of the Server that harms nothing is met: let pass and counted, or taken for a Protocol
   * Error that closes the connection. Default 'forgiving'. What counts as harmless is listed in docs/sessions.md; all else closes the
   * connection in both modes. `'strict'` looks up the subscriptions of each message, which costs time. (§4.13)
   */
  compliance: {
    ...oneOf('forgiving', 'strict'),
    default: 'forgiving',
    side: 'worker',
    doc: 'How well-formed misbehaviour of the Server that harms nothing is met: let pass and counted, or taken for a Protocol Error that closes the connection.',
    spec: '4.13',
  },
} as const satisfies OptionRows;
