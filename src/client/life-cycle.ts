import type { ControlRequest } from '../channel/control-messages.js';
import type { DisconnectPacket } from '../codec/packets.js';
import { MqttError } from '../errors/mqtt-error.js';
import type { ClientState } from './events.js';

/** What a life cycle needs of its client. */
export interface LifeCycleOwner {
  /** Whether there is a worker that must be told of an end. */
  hasHost(): boolean;
  /** Whether publishes wait for room that come before an end. */
  moreFollows(): boolean;
  post(request: ControlRequest): void;
  /** The client is stopped, and may be started again. */
  stopped(): void;
  /** The client has ended: everything that is open fails. */
  closed(error: MqttError | null): void;
}

/**
 * Where a client stands: what its calls and the word of the worker make of it.
 *
 * ```
 *              start            accepted             lost               accepted
 *   stopped ──────────► connecting ──────► connected ────► reconnecting ──────► connected
 *      ▲                     │ failed: reconnecting           │
 *      └───── stopping ◄─────┴──── stop, or shouldReconnect says no
 *
 *   any ── close, destroy, no worker ──► closed
 * ```
 */
export class LifeCycle {
  readonly #owner: LifeCycleOwner;
  #state: ClientState;
  #closeError: MqttError | null = null;
  /** close() was called: nothing new is taken. */
  #closing = false;
  /** start() was called while the client was stopping. */
  #restart = false;
  /** Promises of stop() and close() that wait for their event. */
  readonly #stopWaiters: (() => void)[] = [];
  readonly #closeWaiters: (() => void)[] = [];

  /** @param state Connecting: the worker is told by whoever makes this. */
  constructor(owner: LifeCycleOwner, state: 'stopped' | 'connecting') {
    this.#owner = owner;
    this.#state = state;
  }

  get state(): ClientState {
    return this.#state;
  }

  start(): void {
    this.assertOpen();
    // A stop that has begun is carried out first: whoever awaits it is told.
    this.#restart = this.#state === 'stopping';
    if (this.#state !== 'stopped') return;
    this.#state = 'connecting';
    this.#owner.post({ kind: 'start' });
  }

  /** @param disconnect Null: none is sent. @param timeoutMs For what is open to complete. */
  async stop(disconnect: DisconnectPacket | null, timeoutMs: number): Promise<void> {
    this.assertOpen();
    if (this.#state === 'stopped') return;
    this.#state = 'stopping';
    this.#restart = false;
    const stopped = new Promise<void>((resolve) => {
      this.#stopWaiters.push(resolve);
    });
    this.#end('stop', disconnect, timeoutMs);
    await stopped;
  }

  async close(disconnect: DisconnectPacket | null, timeoutMs: number): Promise<void> {
    if (!this.#owner.hasHost()) this.finish(null);
    if (this.#state === 'closed') return;
    const closed = new Promise<void>((resolve) => {
      this.#closeWaiters.push(resolve);
    });
    if (this.#closeWaiters.length === 1) {
      this.#state = 'stopping';
      this.#closing = true;
      this.#end('close', disconnect, timeoutMs);
    }
    await closed;
  }

  destroy(error: MqttError | null): void {
    if (this.#state === 'closed') return;
    if (this.#owner.hasHost()) this.#end('close', null, 0);
    this.finish(error);
  }

  /** The Server has accepted a connection. */
  connected(): void {
    if (this.#state !== 'stopping') this.#state = 'connected';
  }

  /** A connection, or an attempt to make one, has ended. @param goesOn Whether there is to be another; asked when one is due. */
  interrupted(goesOn: () => boolean): void {
    if (this.#state === 'stopping') return;
    this.#state = 'reconnecting';
    if (goesOn()) return;
    this.#state = 'stopping';
    this.#end('stop', null, 0);
  }

  /** The worker has stopped. */
  stopped(): void {
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
    // The word of an earlier stop, where there were two, may come after the client was started again.
    if (this.#state !== 'stopping' || this.#closing) return;
    this.#state = 'stopped';
    this.#owner.stopped();
    if (this.#restart) this.start();
  }

  /** The client is no more. @param error What it has died of. */
  finish(error: MqttError | null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#closeError = error;
    this.#owner.closed(error);
    for (const resolve of [...this.#stopWaiters.splice(0), ...this.#closeWaiters.splice(0)])
      resolve();
  }

  /** What everything fails with from the end on. */
  toCloseError(): MqttError {
    return this.#closeError ?? new MqttError('GNEISS_ERR_CLOSED');
  }

  assertOpen(): void {
    if (this.#state === 'closed' || this.#closing) throw this.toCloseError();
  }

  /** Tells the worker to stop, or to end the client. */
  #end(kind: 'stop' | 'close', disconnect: DisconnectPacket | null, timeoutMs: number): void {
    this.#owner.post({ kind, disconnect, timeoutMs, moreFollows: this.#owner.moreFollows() });
  }
}
