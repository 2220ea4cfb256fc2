/** Where a Server listens on a network, and what is spoken to it below MQTT. */
export interface NetworkEndpoint {
  /** Host name or IP address; an IPv6 address without brackets. */
  readonly host: string;
  /** TCP port, 1…65535. */
  readonly port: number;
  /** Whether TLS is spoken. */
  readonly secure: boolean;
  /** Path and query of the WebSocket upgrade; null where MQTT is spoken without WebSocket. It may hold a token. */
  readonly resource: string | null;
}

/** The file of a Unix domain socket. */
export interface SocketFile {
  readonly path: string;
}

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

/** One way to a Server. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly tls: TlsSettings;
  readonly webSocket: WebSocketSettings;
  /** The TLS sessions of earlier connections. */
  readonly tlsSessions: TlsSessions;
}

/** TLS sessions to resume, the last one for each Server and identity. */
export interface TlsSessions {
  get(key: string): Buffer | undefined;
  set(key: string, session: Buffer): void;
}
