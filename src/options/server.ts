import type { Endpoint } from '../transport/route.js';
import type { Scheme } from '../validation/schemes.js';
import type { Credentials } from './credentials.js';

/** One Server that a client may connect to, and the credentials for it. */
export interface Server extends Credentials {
  readonly endpoint: Endpoint;
}

/** Which Server is meant. It holds no credentials, and neither path nor query of a WebSocket, which may be a token. */
export type ServerInfo =
  | {
      /** What is spoken to it; `mqtt` also for what the address calls `tcp`, and `mqtts` for `ssl` and `tls`. */
      readonly scheme: Scheme;
      /** Host name or IP address; an IPv6 address without brackets. */
      readonly host: string;
      /** TCP port, 1…65535. */
      readonly port: number;
      /** Only of a Unix domain socket. */
      readonly path?: undefined;
    }
  | {
      /** MQTT over a Unix domain socket. */
      readonly scheme: 'mqtt+unix';
      /** The file of a Unix domain socket. */
      readonly path: string;
      /** Only on a network. */
      readonly host?: undefined;
      /** Only on a network. */
      readonly port?: undefined;
    };
