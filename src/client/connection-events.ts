import type { ControlEvent } from '../channel/control-messages.js';
import type { MqttError } from '../errors/mqtt-error.js';
import type { ServerInfo } from '../options/server.js';
import type { ClientEvents } from './events.js';
import type { Reports } from './reports.js';
import { callUserCode } from './user-code.js';

type ConnectionEvent =
  | 'connectionAttempt'
  | 'connectionSuccess'
  | 'connectionFailure'
  | 'disconnection';
type EventOf<K extends ControlEvent['kind']> = Extract<ControlEvent, { readonly kind: K }>;

/** The client, as far as its events about connections go. */
interface ConnectionEmitter {
  emit<E extends ConnectionEvent>(name: E, ...args: ClientEvents[E]): boolean;
}

/** What becomes of connections, and which Servers they lead to: told as events of the client, and reported. */
export class ConnectionEvents {
  readonly #emitter: ConnectionEmitter;
  readonly #reports: Reports;
  /** That of the last attempt; without one there is nothing to tell. */
  #server: ServerInfo | null = null;

  constructor(emitter: ConnectionEmitter, reports: Reports) {
    this.#emitter = emitter;
    this.#reports = reports;
  }

  attempt({ server }: EventOf<'attempt'>): void {
    this.#server = server;
    this.#reports.tell('connection:attempt', { server });
    this.#emit('connectionAttempt', { server });
  }

  success({ connack, settings }: EventOf<'connected'>): void {
    const server = this.#server!;
    this.#reports.tell('connection:success', { server, settings });
    this.#emit('connectionSuccess', { connack, settings, server });
  }

  ended(event: EventOf<'failure'> | EventOf<'disconnection'>, error: MqttError): void {
    const server = this.#server!;
    this.#reports.connectionEnded(event.kind === 'disconnection', server, error);
    if (event.kind === 'disconnection') this.#emit('disconnection', { error, server });
    else this.#emit('connectionFailure', { error, server, othersLeft: event.othersLeft });
  }

  #emit<E extends ConnectionEvent>(name: E, ...args: ClientEvents[E]): void {
    callUserCode(() => this.#emitter.emit(name, ...args));
  }
}
