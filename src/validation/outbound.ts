import type { ProtocolVersion } from '../codec/packet-types.js';
import type { SubscriptionRequest as RequestedSubscription } from '../codec/packets.js';
import { MqttError } from '../errors/mqtt-error.js';
import type {
  BatchOptions,
  DisconnectReasonCode,
  PublishOptions,
  ReadyOptions,
  StopOptions,
  SubscribeOptions,
  SubscriptionRequest,
  UnsubscribeOptions,
} from './operations.js';
import { PublishChoices } from './publish-choices.js';
import { parseSharedFilter, topicFilterProblem, topicNameProblem } from './topics.js';
import {
  isRecord,
  parseBinary,
  parseBoolean,
  parseInteger,
  parseOneOf,
  parseQos,
  parseSignal,
  parseString,
  parseTopicName,
  parseUserProperties,
  refuse,
  refuseUnknown,
} from './values.js';

const U32_MAX = 0xffff_ffff;
const DURATION_MS_MAX = 0x7fff_ffff;
const SUBSCRIPTION_IDENTIFIER_MAX = 268_435_455;
const CONCURRENCY_MAX = 65_535;

// DISCONNECT reason codes that table 2-6 gives to clients.
const DISCONNECT_REASON_CODES: readonly DisconnectReasonCode[] = [
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
];

const OPERATION_KEYS = ['ackTimeoutMs', 'signal', 'userProperties'] as const;
const CHOICE_KEYS = ['qos', 'noLocal', 'retainAsPublished', 'retainHandling'] as const;
const REQUEST_KEYS: ReadonlySet<string> = new Set<keyof SubscriptionRequest>([
  ...CHOICE_KEYS,
  'topicFilter',
]);
const SUBSCRIBE_KEYS: ReadonlySet<string> = new Set<keyof SubscribeOptions>([
  ...OPERATION_KEYS,
  ...CHOICE_KEYS,
  'subscriptionIdentifier',
  'ackMode',
  'concurrency',
]);
const UNSUBSCRIBE_KEYS: ReadonlySet<string> = new Set<keyof UnsubscribeOptions>(OPERATION_KEYS);
const READY_KEYS: ReadonlySet<string> = new Set<keyof ReadyOptions>(['signal']);
const BATCH_KEYS: ReadonlySet<string> = new Set<keyof BatchOptions>(['maximum']);

const BATCH_MAX = 4096;
const BATCH_DEFAULT = 1024;
const STOP_KEYS: ReadonlySet<string> = new Set<keyof StopOptions>([
  'abrupt',
  'reasonCode',
  'reasonString',
  'sessionExpiryInterval',
  'userProperties',
  'timeoutMs',
]);

/**
 * Refuses a topic that can not be published to.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_TOPIC`.
 */
export function assertTopicName(topicName: unknown): asserts topicName is string {
  const problem = topicNameProblem(topicName);
  if (problem !== null) {
    throw new MqttError('GNEISS_ERR_INVALID_TOPIC', { detail: `topicName ${problem}` });
  }
}

/**
 * Refuses publish options that are unknown, of a wrong type, out of range, or not of this protocol version.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function assertPublishOptions(
  options: unknown,
  version: ProtocolVersion,
): asserts options is PublishOptions | undefined {
  if (options !== undefined) assertPublishChoices(new PublishChoices().take(options), version);
}

/**
 * As {@link assertPublishOptions}. Called for every message that has options.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function assertPublishChoices(choices: PublishChoices, version: ProtocolVersion): void {
  choices.assertKnown();
  const { qos, retain, messageExpiryInterval, topicAlias, responseTopic } = choices;
  const { correlationData, contentType, payloadFormatIndicator } = choices;
  if (qos !== undefined) parseQos(qos, 'qos');
  if (retain !== undefined) parseBoolean(retain, 'retain');
  assertOperationOptions(choices, version);
  if (messageExpiryInterval !== undefined) {
    assertVersion5(version, 'messageExpiryInterval');
    parseInteger(messageExpiryInterval, 'messageExpiryInterval', 0, U32_MAX);
  }
  if (topicAlias !== undefined) {
    assertVersion5(version, 'topicAlias');
    parseInteger(topicAlias, 'topicAlias', 1, 65_535);
  }
  if (responseTopic !== undefined) {
    assertVersion5(version, 'responseTopic');
    parseTopicName(responseTopic, 'responseTopic');
  }
  if (correlationData !== undefined) {
    assertVersion5(version, 'correlationData');
    parseBinary(correlationData, 'correlationData');
  }
  if (contentType !== undefined) {
    assertVersion5(version, 'contentType');
    parseString(contentType, 'contentType');
  }
  if (payloadFormatIndicator !== undefined) {
    assertVersion5(version, 'payloadFormatIndicator');
    parseInteger(payloadFormatIndicator, 'payloadFormatIndicator', 0, 1);
  }
}

/**
 * Turns what a user subscribes to into the filters of one SUBSCRIBE, each with all of its options;
 * what a request leaves out comes from `options`, then from the specification.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_FILTER` for a filter or for none, `GNEISS_ERR_INVALID_OPTION`.
 */
export function normaliseSubscriptions(
  input: unknown,
  options: unknown,
  version: ProtocolVersion,
): readonly RequestedSubscription[] {
  const defaults = options === undefined ? {} : knownOptions(options, SUBSCRIBE_KEYS);
  assertOperationOptions(defaults, version);
  const { subscriptionIdentifier, ackMode, concurrency } = defaults;
  if (subscriptionIdentifier !== undefined) {
    assertVersion5(version, 'subscriptionIdentifier');
    const name = 'subscriptionIdentifier';
    parseInteger(subscriptionIdentifier, name, 1, SUBSCRIPTION_IDENTIFIER_MAX);
  }
  if (ackMode !== undefined) parseOneOf(ackMode, 'ackMode', ['handled', 'manual']);
  if (concurrency !== undefined) parseInteger(concurrency, 'concurrency', 1, CONCURRENCY_MAX);

  const common = parseChoices(defaults, version, '', SPECIFICATION_DEFAULTS);
  return toList(input).map((entry, at) => {
    if (!isRecord(entry)) return toSubscription(entry, common);
    const place = Array.isArray(input) ? `subscriptions[${at}].` : 'subscription.';
    const request = knownOptions(entry, REQUEST_KEYS);
    const { topicFilter } = request;
    return toSubscription(topicFilter, parseChoices(request, version, place, common));
  });
}

/**
 * Turns what a user unsubscribes from into the filters of one UNSUBSCRIBE.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_FILTER` for a filter or for none, `GNEISS_ERR_INVALID_OPTION`.
 */
export function normaliseTopicFilters(
  input: unknown,
  options: unknown,
  version: ProtocolVersion,
): readonly string[] {
  if (options !== undefined) {
    assertOperationOptions(knownOptions(options, UNSUBSCRIBE_KEYS), version);
  }
  return toList(input).map((topicFilter) => {
    assertTopicFilter(topicFilter);
    return topicFilter;
  });
}

/**
 * Refuses stop options that no DISCONNECT of this client can carry. `sessionExpiryInterval` is the one
 * of CONNECT: when it was 0, DISCONNECT must not raise it.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 * @see MQTT 5.0 §3.14
 */
export function assertStopOptions(
  options: unknown,
  version: ProtocolVersion,
  sessionExpiryInterval: number,
): asserts options is StopOptions | undefined {
  if (options === undefined) return;
  const given = knownOptions(options, STOP_KEYS);
  const { abrupt, timeoutMs, reasonCode, reasonString, userProperties } = given;
  const { sessionExpiryInterval: expiry } = given;
  if (abrupt !== undefined) parseBoolean(abrupt, 'abrupt');
  if (timeoutMs !== undefined) parseInteger(timeoutMs, 'timeoutMs', 0, DURATION_MS_MAX);

  const fields = { reasonCode, reasonString, userProperties, sessionExpiryInterval: expiry };
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    assertVersion5(version, name);
    if (abrupt === true) refuse(name, 'does not go with abrupt, which sends no DISCONNECT');
  }
  if (reasonCode !== undefined) parseOneOf(reasonCode, 'reasonCode', DISCONNECT_REASON_CODES);
  if (reasonString !== undefined) parseString(reasonString, 'reasonString');
  if (userProperties !== undefined) parseUserProperties(userProperties, 'userProperties');
  if (expiry !== undefined) {
    const seconds = parseInteger(expiry, 'sessionExpiryInterval', 0, U32_MAX);
    if (seconds > 0 && sessionExpiryInterval === 0) {
      refuse('sessionExpiryInterval', 'must be 0 when that of the connection is 0');
    }
  }
}

/**
 * Refuses options of `ready` that are unknown or of a wrong type.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function assertReadyOptions(options: unknown): asserts options is ReadyOptions | undefined {
  if (options === undefined) return;
  const { signal } = knownOptions(options, READY_KEYS);
  if (signal !== undefined) parseSignal(signal, 'signal');
}

/**
 * How many messages a batch may have.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function parseBatchMaximum(options: unknown): number {
  if (options === undefined) return BATCH_DEFAULT;
  const { maximum } = knownOptions(options, BATCH_KEYS);
  return maximum === undefined ? BATCH_DEFAULT : parseInteger(maximum, 'maximum', 1, BATCH_MAX);
}

type Choices = Omit<RequestedSubscription, 'topicFilter'>;

const SPECIFICATION_DEFAULTS: Choices = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
};

function knownOptions(
  options: unknown,
  keys: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  if (!isRecord(options)) return refuse('options', 'must be an object');
  for (const key in options) if (!keys.has(key)) refuseUnknown(key, keys);
  return options;
}

function assertOperationOptions(
  given: { readonly [Key in (typeof OPERATION_KEYS)[number]]?: unknown },
  version: ProtocolVersion,
): void {
  const { ackTimeoutMs, signal, userProperties } = given;
  if (ackTimeoutMs !== undefined) parseInteger(ackTimeoutMs, 'ackTimeoutMs', 0, DURATION_MS_MAX);
  if (signal !== undefined) parseSignal(signal, 'signal');
  if (userProperties !== undefined) {
    assertVersion5(version, 'userProperties');
    parseUserProperties(userProperties, 'userProperties');
  }
}

function assertVersion5(version: ProtocolVersion, name: string): void {
  if (version !== 5) refuse(name, 'needs MQTT 5');
}

function parseChoices(
  given: Readonly<Record<string, unknown>>,
  version: ProtocolVersion,
  place: string,
  defaults: Choices,
): Choices {
  const { qos, noLocal, retainAsPublished, retainHandling } = given;
  for (const [name, value] of Object.entries({ noLocal, retainAsPublished, retainHandling })) {
    if (value !== undefined) assertVersion5(version, `${place}${name}`);
  }
  return {
    qos: qos === undefined ? defaults.qos : parseQos(qos, `${place}qos`),
    noLocal: noLocal === undefined ? defaults.noLocal : parseBoolean(noLocal, `${place}noLocal`),
    retainAsPublished:
      retainAsPublished === undefined
        ? defaults.retainAsPublished
        : parseBoolean(retainAsPublished, `${place}retainAsPublished`),
    retainHandling:
      retainHandling === undefined
        ? defaults.retainHandling
        : parseOneOf(retainHandling, `${place}retainHandling`, [0, 1, 2]),
  };
}

function toSubscription(topicFilter: unknown, choices: Choices): RequestedSubscription {
  assertTopicFilter(topicFilter);
  // No Local with a Shared Subscription is a Protocol Error [MQTT-3.8.3-4].
  if (choices.noLocal && parseSharedFilter(topicFilter) !== null) {
    refuse('noLocal', 'must not be set for a Shared Subscription');
  }
  return { topicFilter, ...choices };
}

function assertTopicFilter(filter: unknown): asserts filter is string {
  const problem = topicFilterProblem(filter);
  if (problem !== null) {
    throw new MqttError('GNEISS_ERR_INVALID_FILTER', { detail: `topicFilter ${problem}` });
  }
}

function toList(input: unknown): readonly unknown[] {
  if (!Array.isArray(input)) return [input];
  if (input.length > 0) return Array.from<unknown>(input);
  throw new MqttError('GNEISS_ERR_INVALID_FILTER', { detail: 'there is no topicFilter' });
}
