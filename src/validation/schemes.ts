/** The schemes of Servers on a network: what is spoken below MQTT, and the port where none is given. */
export const SCHEMES = {
  mqtt: { secure: false, webSocket: false, port: 1883 },
  mqtts: { secure: true, webSocket: false, port: 8883 },
  ws: { secure: false, webSocket: true, port: 80 },
  wss: { secure: true, webSocket: true, port: 443 },
} as const;

/**
 * What is spoken to a Server on a network: MQTT over TCP (`mqtt`), TLS (`mqtts`), WebSocket (`ws`) or WebSocket over TLS (`wss`).
 *
 * @useDeclaredType
 */
export type Scheme = keyof typeof SCHEMES;

/** The scheme that stands for what is spoken. */
export function toScheme(secure: boolean, webSocket: boolean): Scheme {
  if (webSocket) return secure ? 'wss' : 'ws';
  return secure ? 'mqtts' : 'mqtt';
}
