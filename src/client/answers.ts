import { MqttError } from '../errors/mqtt-error.js';
import type { ResponseMessage } from './response.js';

/** The answers to one request, in the order of their arrival. */
export class Answers {
  readonly #waiting: ResponseMessage[] = [];
  /** Answers that may still come. */
  #left: number;
  /** What was not handed out yet. */
  #untaken: number;
  #failure: { readonly error: unknown } | null = null;
  #wake = (): void => {};

  /** @param maximum After so many there are no more. */
  constructor(maximum: number) {
    this.#left = maximum;
    this.#untaken = maximum;
  }

  answer(response: ResponseMessage): void {
    if (this.#left === 0) return;
    this.#left--;
    this.#waiting.push(response);
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  /** The next answer; null: there are no more, or the time is over. */
  async next(): Promise<ResponseMessage | null> {
    if (this.#untaken === 0) return null;
    while (this.#waiting.length === 0) {
      if (this.#failure !== null) return this.#end(this.#failure.error);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#untaken--;
    return this.#waiting.shift()!;
  }

  #end(error: unknown): null {
    if (error instanceof MqttError && error.code === 'GNEISS_ERR_RESPONSE_TIMEOUT') return null;
    throw error;
  }
}
