/** Where somebody listens on a network. */
export interface HostPort {
  /** Host name or IP address; an IPv6 address without brackets. */
  readonly host: string;
  /** TCP port, 1…65535. */
  readonly port: number;
}

/** Where a Server listens on a network, and what is spoken to it below MQTT. */
export interface NetworkEndpoint extends HostPort {
  /** Whether TLS is spoken. */
  readonly secure: boolean;
  /** Path and query of the WebSocket upgrade; null where MQTT is spoken without WebSocket. It may hold a token. */
  readonly resource: string | null;
}

/** The file of a Unix domain socket. */
export interface SocketFile {
  /** Absolute, percent-decoded. */
  readonly path: string;
}

/** Where a Server listens: on a network, or at a file. */
export type Endpoint = NetworkEndpoint | SocketFile;

/** Bytes of a certificate or key, or the file that holds them. */
export type Material = { readonly content: Uint8Array } | { readonly path: string };

/** How TLS is spoken. Survives the structured clone; its keys must appear nowhere else. */
export interface TlsSettings {
  readonly ca: readonly Material[] | undefined;
  readonly cert: readonly Material[] | undefined;
  readonly key: readonly Material[] | undefined;
  readonly pfx: Material | undefined;
  readonly crl: readonly Material[] | undefined;
  readonly passphrase: string | undefined;
  /** Name that is asked for (SNI); '' for none. Undefined: the host. */
  readonly servername: string | undefined;
  /** Name that the certificate must have. Undefined: that which is asked for, or the host. */
  readonly verifyName: string | undefined;
  /** SHA-256 of certificates, lower-case hexadecimal: the Server's must be one of them. */
  readonly fingerprints: readonly string[] | undefined;
  readonly alpnProtocols: readonly string[] | undefined;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers: string | undefined;
  readonly rejectUnauthorized: boolean;
  /** Whether later connections resume the TLS session of earlier ones. */
  readonly resumeSession: boolean;
}

/** How WebSocket is spoken. */
export interface WebSocketSettings {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether messages are offered to be compressed. */
  readonly compression: boolean;
  /** Largest message taken, in bytes. */
  readonly maximumMessageBytes: number;
}

/** A proxy that is asked by HTTP CONNECT. */
export interface HttpProxy extends HostPort {
  readonly kind: 'http';
  /** How TLS is spoken with the proxy itself; null where it is not. */
  readonly tls: TlsSettings | null;
  /** Those of the user, credentials among them. They must appear nowhere else. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A proxy that is asked by SOCKS. With 'socks4' the client resolves the name of the Server, otherwise the proxy does. */
export interface SocksProxy extends HostPort {
  readonly kind: 'socks4' | 'socks4a' | 'socks5';
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export type ProxySettings = HttpProxy | SocksProxy;

/** Which Servers are reached through which proxy. */
export interface Proxies {
  /** For Servers to which TLS is spoken; null: directly. */
  readonly secure: ProxySettings | null;
  /** For all others. */
  readonly plain: ProxySettings | null;
  /** Those that are reached directly, in the syntax of `NO_PROXY`. */
  readonly except: string;
}

/** One way to a Server. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly tls: TlsSettings;
  readonly webSocket: WebSocketSettings;
  readonly proxies: Proxies;
  /** How long the attempt to connect may take, in milliseconds; who opens the transport sees to that. */
  readonly connectTimeoutMs: number;
  /** The TLS sessions of earlier connections. */
  readonly tlsSessions: TlsSessions;
}

/** TLS sessions to resume, the last one for each Server and identity. */
export interface TlsSessions {
  get(key: string): Buffer | undefined;
  set(key: string, session: Buffer): void;
}
