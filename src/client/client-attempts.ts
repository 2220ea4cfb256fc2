import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { MqttError } from '../errors/mqtt-error.js';
import { type AttemptSettings, parseAttemptOptions } from '../options/connect-options.js';
import type { ResolvedOptions } from '../options/schema.js';
import type { ServerInfo } from '../options/server.js';

/**
 * The main-thread side of `connectOptions`: the worker asks before each attempt, the function of the user answers. What it answers to
 * an attempt that is over is ignored by the worker.
 */
export class ClientAttempts {
  readonly #options: ResolvedOptions;
  readonly #post: (request: ControlRequest) => void;
  /** The last attempt that was asked about. */
  #attempt = 0;
  /** Why it can not be made: the worker only knows that it can not. */
  #refusal: MqttError | null = null;
  /** Why the last attempt or connection ended. */
  #error: MqttError | null = null;

  constructor(options: ResolvedOptions, post: (request: ControlRequest) => void) {
    this.#options = options;
    this.#post = post;
  }

  /** The worker is about to make an attempt. */
  async answer({
    attempt,
    server,
  }: Extract<ControlEvent, { kind: 'connectOptionsAsked' }>): Promise<void> {
    this.#attempt = attempt;
    this.#refusal = null;
    try {
      const settings = await this.#ask(attempt, server);
      this.#post({ kind: 'attemptOptions', attempt, settings });
    } catch (cause) {
      if (attempt !== this.#attempt) return;
      this.#refusal = cause instanceof MqttError ? cause : toFailure(cause);
      this.#post({ kind: 'refuseAttempt', attempt, code: this.#refusal.code });
    }
  }

  /** An attempt or a connection has ended. @returns Why: what was refused here is known better here. */
  ended(error: MqttError): MqttError {
    this.#error = this.#refusal?.code === error.code ? this.#refusal : error;
    return this.#error;
  }

  async #ask(number: number, server: ServerInfo): Promise<AttemptSettings> {
    const { main, worker } = this.#options;
    let answer: unknown;
    try {
      answer = await main.connectOptions!({ number, server, error: this.#error });
    } catch (cause) {
      throw toFailure(cause);
    }
    return parseAttemptOptions(answer, worker);
  }
}

function toFailure(cause: unknown): MqttError {
  return new MqttError('GNEISS_ERR_CONNECT_OPTIONS_FAILED', { cause });
}
