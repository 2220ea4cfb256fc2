import type { Cursor } from './cursor.js';
import type {
  PacketName,
  Side,
  StrictAck,
  StrictConnack,
  StrictConnect,
  StrictDisconnect,
  StrictPacket,
  StrictPublish,
  StrictSuback,
  StrictSubscribe,
  StrictSubscription,
  StrictUnsubscribe,
  StrictWill,
  Version,
} from './packets.js';
import { type Carrier, noProperties, readProperties } from './properties.js';
import { isGrant, isReasonCode, isReturnCode } from './reason-codes.js';
import type { RuleName } from './rules.js';
import { isShared, judgeFilter, judgeName } from './topics.js';

const REASON_CODE_RULES = {
  PUBACK: 'pubackReasonCode',
  PUBREC: 'pubrecReasonCode',
  PUBREL: 'pubrelReasonCode',
  PUBCOMP: 'pubcompReasonCode',
  DISCONNECT: 'disconnectReasonCode',
  AUTH: 'authReasonCode',
} as const satisfies Partial<Record<PacketName, RuleName>>;

/** What the body of a packet is read with. */
export interface Context {
  readonly cursor: Cursor;
  readonly version: Version;
  readonly sender: Side;
  /** The lower four bits of the first byte. */
  readonly flags: number;
}

/** Reads the body of a packet, which the cursor's bounds are; what it breaks is noted there. */
export function readBody(type: PacketName, context: Context): StrictPacket {
  switch (type) {
    case 'CONNECT':
      return readConnect(context);
    case 'CONNACK':
      return readConnack(context);
    case 'PUBLISH':
      return readPublish(context);
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      return readAck(type, context);
    case 'SUBSCRIBE':
      return readSubscribe(context);
    case 'SUBACK':
    case 'UNSUBACK':
      return readSuback(type, context);
    case 'UNSUBSCRIBE':
      return readUnsubscribe(context);
    case 'PINGREQ':
    case 'PINGRESP':
      return { type };
    case 'DISCONNECT':
    case 'AUTH':
      return readDisconnect(type, context);
  }
}

function readConnect({ cursor, sender }: Context): StrictConnect {
  if (cursor.string() !== 'MQTT') cursor.fail('protocolName');
  const level = cursor.byte();
  if (level !== 4 && level !== 5) cursor.fail('protocolLevel');
  const version: Version = level === 5 ? 5 : 4;
  const flags = cursor.byte();
  const cleanStart = (flags & 0x02) !== 0;
  const hasUserName = (flags & 0x80) !== 0;
  const hasPassword = (flags & 0x40) !== 0;
  judgeConnectFlags(cursor, flags);
  if (version === 4) cursor.demand(hasUserName || !hasPassword, 'passwordWithoutUserName');
  const keepAlive = cursor.twoBytes();
  const properties = properties5(cursor, version, 'CONNECT', sender);
  const clientId = cursor.string();
  if (version === 4) cursor.demand(clientId !== '' || cleanStart, 'clientIdEmptyWithSession');
  const will = (flags & 0x04) === 0 ? null : readWill(cursor, version, flags);
  const userName = hasUserName ? cursor.string() : null;
  const password = hasPassword ? cursor.binaryData() : null;
  const type = 'CONNECT';
  return {
    type,
    version,
    cleanStart,
    keepAlive,
    properties,
    clientId,
    will,
    userName,
    password,
  };
}

function judgeConnectFlags(cursor: Cursor, flags: number): void {
  const willQos = (flags >>> 3) & 0x03;
  cursor.demand((flags & 0x01) === 0, 'connectReservedFlag');
  cursor.demand(willQos !== 3, 'willQos3');
  if ((flags & 0x04) !== 0) return;
  cursor.demand(willQos === 0, 'willQosWithoutWill');
  cursor.demand((flags & 0x20) === 0, 'willRetainWithoutWill');
}

function readWill(cursor: Cursor, version: Version, flags: number): StrictWill {
  const properties = properties5(cursor, version, 'WILL', 'client');
  const topicName = cursor.string();
  judgeName(cursor, topicName, 'topicEmpty', 'topicWildcard');
  const payload = cursor.binaryData();
  const retain = (flags & 0x20) !== 0;
  return { qos: (flags >>> 3) & 0x03, retain, properties, topicName, payload };
}

function readConnack({ cursor, version, sender }: Context): StrictConnack {
  const flags = cursor.byte();
  cursor.demand(flags <= 1, 'connackFlags');
  const sessionPresent = (flags & 0x01) === 1;
  const reasonCode = cursor.byte();
  const isKnown =
    version === 5 ? isReasonCode(reasonCode, 'CONNACK', sender) : isReturnCode(reasonCode);
  cursor.demand(isKnown, 'connackReasonCode');
  cursor.demand(!sessionPresent || reasonCode === 0, 'sessionPresentOnRefusal');
  const properties = properties5(cursor, version, 'CONNACK', sender);
  return { type: 'CONNACK', sessionPresent, reasonCode, properties };
}

function readPublish({ cursor, version, sender, flags }: Context): StrictPublish {
  const dup = (flags & 0x08) !== 0;
  const qos = (flags >>> 1) & 0x03;
  const retain = (flags & 0x01) === 1;
  cursor.demand(qos > 0 || !dup, 'dupAtQos0');
  const topicName = cursor.string();
  const packetId = qos > 0 ? cursor.packetId() : 0;
  const properties = properties5(cursor, version, 'PUBLISH', sender);
  // A topic may be empty where a Topic Alias stands for it.
  if (topicName !== '' || properties.topicAlias === undefined) {
    judgeName(cursor, topicName, 'topicEmpty', 'topicWildcard');
  }
  const payload = cursor.bytes(cursor.remaining);
  return { type: 'PUBLISH', dup, qos, retain, topicName, packetId, properties, payload };
}

function readAck(type: StrictAck['type'], { cursor, version, sender }: Context): StrictAck {
  const packetId = cursor.packetId();
  if (version === 4) return { type, packetId, reasonCode: 0, properties: noProperties() };
  const reasonCode = cursor.remaining > 0 ? cursor.byte() : 0;
  cursor.demand(isReasonCode(reasonCode, type, sender), REASON_CODE_RULES[type]);
  const properties = cursor.remaining > 0 ? readProperties(cursor, type, sender) : noProperties();
  return { type, packetId, reasonCode, properties };
}

function readSubscribe({ cursor, version, sender }: Context): StrictSubscribe {
  const packetId = cursor.packetId();
  const properties = properties5(cursor, version, 'SUBSCRIBE', sender);
  const subscriptions: StrictSubscription[] = [];
  while (cursor.remaining > 0) subscriptions.push(readSubscription(cursor, version));
  cursor.demand(subscriptions.length > 0, 'subscribeEmpty');
  return { type: 'SUBSCRIBE', packetId, properties, subscriptions };
}

function readSubscription(cursor: Cursor, version: Version): StrictSubscription {
  const topicFilter = cursor.string();
  judgeFilter(cursor, topicFilter, version === 5);
  const options = cursor.byte();
  const qos = options & 0x03;
  const noLocal = (options & 0x04) !== 0;
  const retainHandling = (options >>> 4) & 0x03;
  cursor.demand(qos !== 3, 'subscribeQos3');
  if (version === 4) {
    cursor.demand(options <= 3, 'subscribeReservedBits');
  } else {
    cursor.demand(options < 0x40, 'subscribeReservedBits');
    cursor.demand(retainHandling !== 3, 'retainHandling3');
    cursor.demand(!(noLocal && isShared(topicFilter)), 'noLocalOnShared');
  }
  const retainAsPublished = (options & 0x08) !== 0;
  return { topicFilter, qos, noLocal, retainAsPublished, retainHandling };
}

function readUnsubscribe({ cursor, version, sender }: Context): StrictUnsubscribe {
  const packetId = cursor.packetId();
  const properties = properties5(cursor, version, 'UNSUBSCRIBE', sender);
  const topicFilters: string[] = [];
  while (cursor.remaining > 0) {
    const topicFilter = cursor.string();
    judgeFilter(cursor, topicFilter, version === 5);
    topicFilters.push(topicFilter);
  }
  cursor.demand(topicFilters.length > 0, 'unsubscribeEmpty');
  return { type: 'UNSUBSCRIBE', packetId, properties, topicFilters };
}

function readSuback(
  type: StrictSuback['type'],
  { cursor, version, sender }: Context,
): StrictSuback {
  const packetId = cursor.packetId();
  const properties = properties5(cursor, version, type, sender);
  if (type === 'UNSUBACK' && version === 4) return { type, packetId, properties, reasonCodes: [] };
  const reasonCodes = [...cursor.bytes(cursor.remaining)];
  cursor.demand(reasonCodes.length > 0, type === 'SUBACK' ? 'subackEmpty' : 'unsubackEmpty');
  const areKnown = reasonCodes.every((code) =>
    version === 5 ? isReasonCode(code, type, sender) : isGrant(code),
  );
  cursor.demand(areKnown, type === 'SUBACK' ? 'subackReasonCode' : 'unsubackReasonCode');
  return { type, packetId, properties, reasonCodes };
}

function readDisconnect(
  type: StrictDisconnect['type'],
  { cursor, version, sender }: Context,
): StrictDisconnect {
  if (version === 4) return { type, reasonCode: 0, properties: noProperties() };
  const isEmpty = cursor.remaining === 0;
  const reasonCode = isEmpty ? 0 : cursor.byte();
  cursor.demand(isReasonCode(reasonCode, type, sender), REASON_CODE_RULES[type]);
  // A reason code may stand alone in a DISCONNECT (§3.14.2.2.1); an AUTH has both or nothing (§3.15.2.1).
  const hasProperties = type === 'AUTH' ? !isEmpty : cursor.remaining > 0;
  const properties = hasProperties ? readProperties(cursor, type, sender) : noProperties();
  if (type === 'AUTH') {
    cursor.demand(properties.authenticationMethod !== undefined, 'authWithoutMethod');
  }
  return { type, reasonCode, properties };
}

function properties5(cursor: Cursor, version: Version, carrier: Carrier, sender: Side) {
  return version === 5 ? readProperties(cursor, carrier, sender) : noProperties();
}
