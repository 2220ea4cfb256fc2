import { inspect } from 'node:util';
import { MqttError } from '../errors/mqtt-error.js';
import type { AckMode } from '../validation/operations.js';
import type { UnclaimedMessages } from './deliveries.js';
import type { Message } from './message.js';
import type { Subscription } from './subscription.js';
import type { Subscriptions } from './subscriptions.js';
import { callUserCode } from './user-code.js';

/** The client, as far as its events about messages go. */
interface MessageEmitter {
  listenerCount(name: 'message' | 'handlerError'): number;
  emit(name: 'message', message: Message): boolean;
  emit(name: 'handlerError', error: MqttError, message: Message): boolean;
}

/** Messages that no handler and no iteration takes, and those whose handler fails: both come as events of the client. */
export class MessageEvents implements UnclaimedMessages {
  readonly #emitter: MessageEmitter;
  readonly #subscriptions: Subscriptions;
  readonly #ackMode: AckMode;
  readonly #failed: (error: MqttError, message: Message) => void;

  /** @param failed  Told of each message whose handler failed, before the event. */
  constructor(
    emitter: MessageEmitter,
    subscriptions: Subscriptions,
    ackMode: AckMode,
    failed: (error: MqttError, message: Message) => void,
  ) {
    this.#emitter = emitter;
    this.#subscriptions = subscriptions;
    this.#ackMode = ackMode;
    this.#failed = failed;
  }

  take(message: Message, subscriptions: readonly Subscription[]): boolean {
    if (this.#emitter.listenerCount('message') === 0) {
      return subscriptions.length === 0 && !this.#subscriptions.mayBeAskedFor(message.topicName);
    }
    const manualAcks = subscriptions.map(({ manualAck }) => manualAck);
    if (manualAcks.length === 0 ? this.#ackMode === 'manual' : manualAcks.includes(true))
      message.makeManual();
    try {
      this.#emitter.emit('message', message);
    } catch (error) {
      this.handlerFailed(error, message);
    }
    return true;
  }

  /** The message is acknowledged as failed (MQTT 5), and the process goes on. */
  handlerFailed(cause: unknown, message: Message): void {
    message.fail();
    const error = new MqttError('GNEISS_ERR_HANDLER_FAILED', { cause });
    this.#failed(error, message);
    if (this.#emitter.listenerCount('handlerError') === 0) {
      // Node prints the message of a warning and its `detail`, but no cause.
      const detail = `${JSON.stringify(message.topicName)}: ${inspect(cause)}`;
      process.emitWarning(Object.assign(error, { detail }));
    } else {
      callUserCode(() => this.#emitter.emit('handlerError', error, message));
    }
  }
}
