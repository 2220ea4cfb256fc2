import type { PublishOptions } from './operations.js';
import { isRecord, refuse, refuseUnknown } from './values.js';

/** The options that a publish may have. */
type Choices = { -readonly [Name in keyof PublishOptions]-?: PublishOptions[Name] };

/**
 * The options of a publish, taken out of the user's object once and unchecked. That object may be of any shape: where each publish
 * has its own, as `{ ...defaults, qos: 1 }` makes them in Node 20, every look at a name of it takes a quarter of a microsecond. This
 * one always has the same shape.
 */
export class PublishChoices implements Choices {
  qos: Choices['qos'] = undefined;
  retain: Choices['retain'] = undefined;
  ackTimeoutMs: Choices['ackTimeoutMs'] = undefined;
  signal: Choices['signal'] = undefined;
  messageExpiryInterval: Choices['messageExpiryInterval'] = undefined;
  topicAlias: Choices['topicAlias'] = undefined;
  responseTopic: Choices['responseTopic'] = undefined;
  correlationData: Choices['correlationData'] = undefined;
  contentType: Choices['contentType'] = undefined;
  payloadFormatIndicator: Choices['payloadFormatIndicator'] = undefined;
  userProperties: Choices['userProperties'] = undefined;
  #isRecord = true;
  #unknownKey: string | null = null;

  /** Takes what stands in an object in place of what was here. Nothing is checked, and nothing is copied. */
  take(options: unknown): this {
    this.#clear();
    this.#isRecord = isRecord(options);
    if (!isRecord(options)) return this;
    // Walked and not asked for their names: that is fast whatever the shape. But an accessor that a class defines is an option, too, and no key.
    for (const key in options) this.#set(key, options[key]);
    const prototype: unknown = Object.getPrototypeOf(options);
    if (prototype !== Object.prototype && prototype !== null)
      for (const key of KEYS) this.#set(key, options[key]);
    return this;
  }

  /** @throws {MqttError} `GNEISS_ERR_INVALID_OPTION` when what was taken is no object, or has something that is no option. */
  assertKnown(): void {
    if (!this.#isRecord) refuse('options', 'must be an object');
    if (this.#unknownKey !== null) refuseUnknown(this.#unknownKey);
  }

  /** What was checked, with bytes and pairs of its own. */
  copy(): PublishChoices {
    const copy = Object.assign(new PublishChoices(), this);
    const { correlationData, userProperties } = this;
    if (correlationData !== undefined) copy.correlationData = new Uint8Array(correlationData);
    copy.userProperties = userProperties?.map(([name, value]) => [name, value]);
    return copy;
  }

  #clear(): void {
    this.qos = undefined;
    this.retain = undefined;
    this.ackTimeoutMs = undefined;
    this.signal = undefined;
    this.messageExpiryInterval = undefined;
    this.topicAlias = undefined;
    this.responseTopic = undefined;
    this.correlationData = undefined;
    this.contentType = undefined;
    this.payloadFormatIndicator = undefined;
    this.userProperties = undefined;
    this.#unknownKey = null;
  }

  #set(key: string, value: unknown): void {
    switch (key) {
      case 'qos':
        this.qos = value as Choices['qos'];
        return;
      case 'retain':
        this.retain = value as Choices['retain'];
        return;
      case 'ackTimeoutMs':
        this.ackTimeoutMs = value as Choices['ackTimeoutMs'];
        return;
      case 'signal':
        this.signal = value as Choices['signal'];
        return;
      case 'messageExpiryInterval':
        this.messageExpiryInterval = value as Choices['messageExpiryInterval'];
        return;
      case 'topicAlias':
        this.topicAlias = value as Choices['topicAlias'];
        return;
      case 'responseTopic':
        this.responseTopic = value as Choices['responseTopic'];
        return;
      case 'correlationData':
        this.correlationData = value as Choices['correlationData'];
        return;
      case 'contentType':
        this.contentType = value as Choices['contentType'];
        return;
      case 'payloadFormatIndicator':
        this.payloadFormatIndicator = value as Choices['payloadFormatIndicator'];
        return;
      case 'userProperties':
        this.userProperties = value as Choices['userProperties'];
        return;
      default:
        this.#unknownKey ??= key;
    }
  }
}

const KEYS = Object.keys(new PublishChoices());
