import { connectOptions } from './connect-options.js';
import { boolean, decision, integer, oneOf, signal, transportFactory } from './kinds.js';
import { DURATION_MS_MAX, type OptionRows } from './option-row.js';
import { proxy } from './proxy.js';
import { tls } from './tls.js';
import { webSocket } from './websocket.js';

/** Options of the way to a Server, and of connecting again. One row each. */
export const CONNECTING_OPTIONS = {
  /**
   * Order in which the Servers of a list are tried, each once a round. Default 'round-robin': as they stand in the list, and with
   * each `start()` from its beginning.
   */
  serverOrder: {
    ...oneOf('round-robin', 'random'),
    default: 'round-robin',
    side: 'worker',
    doc: 'Order in which the Servers of a list are tried, each once a round.',
  },
  /**
   * Whether the client goes where a Server sends it that is not to be used (reason code 0x9C) or has moved (0x9D). Default 'ignore'.
   * With `'follow'` nothing that proves who the client is goes to another host than those of the list: no username, password or
   * authenticator, no certificate, and neither headers nor query of a WebSocket. MQTT 5 only. (§4.11)
   */
  serverReference: {
    ...oneOf('ignore', 'follow', 'follow-with-credentials'),
    default: 'ignore',
    side: 'worker',
    doc: 'Whether the client goes where a Server sends it that is not to be used (reason code 0x9C) or has moved (0x9D).',
    version5: true,
    spec: '4.11',
  },
  /**
   * Asked before each attempt what it is made with: credentials, Will, headers, another address; runs on the thread of the client.
   * Default: none. It has to answer within `connectTimeoutMs`. A Server that another one has named, on another host, gets neither
   * credentials nor headers of it.
   */
  connectOptions: {
    ...connectOptions(),
    default: undefined,
    side: 'main',
    doc: 'Asked before each attempt what it is made with: credentials, Will, headers, another address; runs on the thread of the client.',
  },
  /**
   * How TLS is spoken with `mqtts://` and `wss://`: certificates, keys, versions. Default: the authorities that Node trusts, TLS 1.2 or later, the
   * certificate of the Server verified.
   */
  tls: {
    ...tls(),
    side: 'worker',
    doc: 'How TLS is spoken with `mqtts://` and `wss://`: certificates, keys, versions.',
  },
  /**
   * How WebSocket is spoken with `ws://` and `wss://`: headers, compression, limits. Default: no headers, no compression. (§6)
   */
  webSocket: {
    ...webSocket(),
    side: 'worker',
    doc: 'How WebSocket is spoken with `ws://` and `wss://`: headers, compression, limits.',
    spec: '6',
  },
  /**
   * The proxy on the way to the Server: its address, or `'environment'` for the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Default:
   * none. The address is `http://` or `https://` for HTTP CONNECT, `socks5://`, `socks4://` or `socks4a://`, with `[username[:password]@]host[:port]`;
   * default ports 80, 443 and 1080. Of the variables, which are read when the client is made, `HTTPS_PROXY` is for `mqtts://` and `wss://`, `HTTP_PROXY` for
   * `mqtt://` and `ws://`, `ALL_PROXY` for both.
   */
  proxy: {
    ...proxy(),
    side: 'worker',
    doc: "The proxy on the way to the Server: its address, or `'environment'` for the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.",
  },
  /**
   * A transport of your own in place of TCP, TLS and WebSocket. Default: none. The URL of a module whose default export is a `TransportFactory`: the
   * thread of the protocol calls it for each attempt to connect. With `thread: 'inline'` also such a function itself. A module
   * that can not be loaded within 30 s closes the client with GNEISS_ERR_INVALID_OPTION. Does not go with `tls`, `webSocket` and
   * `proxy`, which are for the transports that it replaces.
   */
  transport: {
    ...transportFactory(),
    default: undefined,
    side: 'worker',
    doc: 'A transport of your own in place of TCP, TLS and WebSocket.',
  },
  /**
   * Time for one attempt to connect, from name resolution to CONNACK, in milliseconds,
   * 1…2147483647. Default 30000.
   */
  connectTimeoutMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for one attempt to connect, from name resolution to CONNACK, in milliseconds, 1…2147483647.',
  },
  /**
   * Time for the Server to answer a PINGREQ, in milliseconds, 1…2147483647. Default 10000, and never
   * more than half of the keep-alive.
   */
  pingTimeoutMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 10_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for the Server to answer a PINGREQ, in milliseconds, 1…2147483647.',
  },
  /**
   * Time for the operating system to take a write, in milliseconds, 0…2147483647; 0 for no limit. A
   * Server that stops reading is noticed by it, with `keepAlive` 0, too. Default 30000; a write of
   * more than 1 MiB has as much for each MiB.
   */
  writeTimeoutMs: {
    ...integer(0, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for the operating system to take a write, in milliseconds, 0…2147483647; 0 for no limit.',
  },
  /**
   * Time for a re-authentication, in milliseconds, 1…2147483647; one that takes longer closes the connection. Default 30000.
   */
  reauthenticationTimeoutMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for a re-authentication, in milliseconds, 1…2147483647; one that takes longer closes the connection.',
  },
  /**
   * First delay before connecting again, in milliseconds, 1…2147483647; it doubles with each
   * failure. Default 1000. The delay actually waited is random, from 0 up to this.
   */
  reconnectDelayMinMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 1000,
    side: 'worker',
    unit: 'ms',
    doc: 'First delay before connecting again, in milliseconds, 1…2147483647; it doubles with each failure.',
  },
  /**
   * Longest delay before connecting again, in milliseconds, 1…2147483647. Default 120000. Not less
   * than `reconnectDelayMinMs`.
   */
  reconnectDelayMaxMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 120_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Longest delay before connecting again, in milliseconds, 1…2147483647.',
  },
  /**
   * Life of a connection after which the delay starts over, in milliseconds, 0…2147483647. Default
   * 30000.
   */
  reconnectResetMs: {
    ...integer(0, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Life of a connection after which the delay starts over, in milliseconds, 0…2147483647.',
  },
  /**
   * Decides after each failure whether to connect again; runs on the thread of the client. Default:
   * always, with the longest delay after refusals that waiting hardly heals.
   */
  shouldReconnect: {
    ...decision(),
    default: undefined,
    side: 'main',
    doc: 'Decides after each failure whether to connect again; runs on the thread of the client.',
  },
  /**
   * Whether `connect()` goes on after a failed first attempt instead of rejecting. Default false.
   */
  retryInitialConnect: {
    ...boolean(),
    default: false,
    side: 'main',
    doc: 'Whether `connect()` goes on after a failed first attempt instead of rejecting.',
  },
  /**
   * Aborts `connect()` while the first connection is being made. Default: none.
   */
  signal: {
    ...signal(),
    default: undefined,
    side: 'main',
    doc: 'Aborts `connect()` while the first connection is being made.',
  },
} as const satisfies OptionRows;
