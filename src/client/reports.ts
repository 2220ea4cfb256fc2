import { CHANNELS, type TracedClient } from '../diagnostics/channels.js';
import { type DiagnosticEvent, type EventDetail, rowOf } from '../diagnostics/events.js';
import { debugLogger, toFields } from '../diagnostics/logger.js';
import type { MqttError } from '../errors/mqtt-error.js';
import type { Logger } from '../options/logger.js';
import type { MainOptions, WorkerOptions } from '../options/schema.js';
import type { ServerInfo } from '../options/server.js';
import { callUserCode } from './user-code.js';

/** Events that may come with each message are logged once in so many milliseconds, each. */
const FREQUENT_MS = 1000;

let clients = 0;

/** Tells what happens to a client: the log, and who listens to the channels of `node:diagnostics_channel`. */
export class Reports {
  readonly name: string;
  readonly #client: object;
  readonly #logger: Logger | null;
  /** Frequent events: when each was logged last, and how many were not logged since. */
  readonly #frequent: Map<DiagnosticEvent, { loggedAt: number; leftOut: number }> = new Map();

  constructor(
    client: object,
    { name, logger }: Pick<MainOptions, 'name' | 'logger'>,
    { clientId }: Pick<WorkerOptions, 'clientId'>,
  ) {
    clients++;
    this.#client = client;
    this.name = name ?? (clientId === '' ? `client-${clients}` : clientId);
    this.#logger = logger ?? debugLogger();
  }

  tell(event: DiagnosticEvent, detail: EventDetail = {}): void {
    const channel = CHANNELS[event];
    if (channel.hasSubscribers) channel.publish(this.trace(detail));
    if (this.#logger !== null) this.#log(this.#logger, event, detail);
  }

  /** What a traced operation of the client tells. */
  trace<T extends object>(operation: T): T & TracedClient {
    return { client: this.#client, name: this.name, ...operation };
  }

  /** A connection, or an attempt to make one, has ended. */
  connectionEnded(wasAccepted: boolean, server: ServerInfo, error: MqttError): void {
    const { code } = error;
    if (code === 'GNEISS_ERR_PEER_VIOLATION') this.tell('violation:close', { server, error });
    if (!wasAccepted) this.tell('connection:failure', { server, error });
    else if (code === 'GNEISS_ERR_STOPPED') this.tell('connection:stop', { server, error });
    else this.tell('connection:end', { server, error });
  }

  #log(logger: Logger, event: DiagnosticEvent, detail: EventDetail): void {
    const { log, frequent } = rowOf(event);
    if (log === null) return;
    const leftOut = frequent === true ? this.#takeLeftOut(event) : 0;
    if (leftOut === null) return;
    const fields = { client: this.name, ...toFields(detail), ...(leftOut > 0 ? { leftOut } : {}) };
    callUserCode(() => {
      logger[log.level](fields, log.text);
    });
  }

  /** @returns How many events like this one were left out since the last line; null: this one is, too. */
  #takeLeftOut(event: DiagnosticEvent): number | null {
    const now = performance.now();
    const last = this.#frequent.get(event);
    if (last !== undefined && now - last.loggedAt < FREQUENT_MS) {
      last.leftOut++;
      return null;
    }
    this.#frequent.set(event, { loggedAt: now, leftOut: 0 });
    return last?.leftOut ?? 0;
  }
}
