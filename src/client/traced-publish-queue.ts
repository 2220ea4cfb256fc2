import type { MainOptions } from '../options/schema.js';
import type { PublishOptions } from '../validation/operations.js';
import { assertPublishChoices } from '../validation/outbound.js';
import { PublishChoices } from '../validation/publish-choices.js';
import { addTraceContext, parseTraceContext } from '../validation/trace-context.js';
import type { Payload } from './payload.js';
import { PublishQueue } from './publish-queue.js';
import type { PublishResult } from './publish-result.js';
import { callUserCode } from './user-code.js';

type TraceContextSource = NonNullable<MainOptions['traceContext']>;

/** Publishes that carry a trace context. Its own class, so that others do not pay for it. */
export class TracedPublishQueue extends PublishQueue {
  readonly #source: TraceContextSource;

  constructor(source: TraceContextSource, ...queue: ConstructorParameters<typeof PublishQueue>) {
    super(...queue);
    this.#source = source;
  }

  override async publish(
    topicName: string,
    payload: Payload,
    options: PublishOptions | undefined,
  ): Promise<PublishResult> {
    return super.publish(topicName, payload, this.#withContext(options));
  }

  override tryPublish(
    topicName: string,
    payload: Payload,
    options: PublishOptions | undefined,
  ): boolean {
    return super.tryPublish(topicName, payload, this.#withContext(options));
  }

  /** @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`. */
  #withContext(options: PublishOptions | undefined): PublishOptions | undefined {
    const choices = new PublishChoices().take(options ?? {});
    assertPublishChoices(choices, 5);
    const source = this.#source;
    const context = parseTraceContext(
      callUserCode(() => source()),
      'traceContext',
    );
    if (context === null) return options;
    const traced = choices.copy();
    traced.userProperties = addTraceContext(choices.userProperties ?? [], context);
    return traced;
  }
}
