import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import { VIOLATIONS, type ViolationName } from '../../src/errors/violations.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { bytes, concat } from '../codec/support.js';
import { inlineClient, nextEvent } from '../support/inline-client.js';
import { encodeAll, type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

interface Case {
  readonly violation: ViolationName;
  readonly version: ProtocolVersion;
  /** What the Server sends, as a listing of bytes. */
  readonly listing: string;
  /** It is sent in place of CONNACK; otherwise on an accepted connection. */
  readonly instead: boolean;
  readonly options: ClientOptions;
  /** What the application asks for first, and the packet with it that the Server awaits. */
  readonly asks: 'publish' | 'subscribe' | null;
  /** Payloads of the messages in the listing that are in order. */
  readonly delivered: readonly string[];
}

function bad(
  violation: ViolationName,
  version: ProtocolVersion,
  listing: string,
  rest: Partial<Case> = {},
): Case {
  const defaults = { instead: false, options: {}, asks: null, delivered: [] };
  return { violation, version, listing, ...defaults, ...rest };
}

const INSTEAD = { instead: true };
/** A client that authenticates, and takes its time to answer. */
const AUTHENTICATING = {
  ...INSTEAD,
  options: {
    authenticator: {
      method: 'm',
      begin: () => ({
        first: () => undefined,
        respond: () => new Promise<undefined>(() => undefined),
        finish: () => undefined,
      }),
    },
  },
};

const CASES: readonly Case[] = [
  bad('reservedType', 5, '00 00'),
  bad('headerFlags', 5, '41 02 00 01'),
  bad('qos3', 5, `36 06 00 01 'a' 00 01 00`),
  bad('truncated', 5, `30 03 00 09 'a'`),
  bad('trailingBytes', 5, 'd0 01 00'),
  bad('variableByteInteger', 5, '30 80 80 80 80 01'),
  bad('utf8', 5, '30 04 00 01 ff 00'),
  bad('utf8Null', 5, '30 04 00 01 00 00'),
  bad('packetTooLarge', 5, '30 ff ff ff 7f'),
  bad('wrongSender', 5, 'c0 00'),
  bad('packetIdZero', 5, `32 06 00 01 'a' 00 00 00`),
  bad('propertyUnknown', 5, `30 06 00 01 'a' 02 7f 00`),
  bad('propertyMisplaced', 5, '40 07 00 01 00 03 23 00 01'),
  bad('propertyLength', 5, `30 05 00 01 'a' 02 23`),
  bad('propertyDuplicate', 5, `30 08 00 01 'a' 04 01 00 01 00`),
  bad('propertyValue', 5, `30 06 00 01 'a' 02 01 02`),
  bad('topicAliasZero', 5, `30 07 00 01 'a' 03 23 00 00`),
  bad('responseTopicWildcard', 5, `30 0a 00 01 'a' 06 08 00 03 'r/#'`),
  bad('sessionExpiryFromServer', 5, 'e0 07 00 05 11 00 00 00 00'),
  bad('authDataWithoutMethod', 5, '20 06 00 00 03 16 00 00', INSTEAD),
  bad('authMethodMissing', 5, 'f0 00'),
  bad('topicEmpty', 5, '30 03 00 00 00'),
  bad('topicWildcard', 5, `30 06 00 03 'a/+' 00`),
  bad('connackFlags', 5, '20 03 02 00 00', INSTEAD),
  bad('sessionPresentOnRefusal', 5, '20 03 01 87 00', INSTEAD),
  bad('connackReasonCode', 5, '20 03 00 01 00', INSTEAD),
  bad('pubackReasonCode', 5, '40 03 00 01 92'),
  bad('pubrecReasonCode', 5, '50 03 00 01 01'),
  bad('pubrelReasonCode', 5, '62 03 00 01 80'),
  bad('pubcompReasonCode', 5, '70 03 00 01 10'),
  bad('subackEmpty', 5, '90 03 00 01 00'),
  bad('subackReasonCode', 5, '90 04 00 01 00 03'),
  bad('unsubackEmpty', 5, 'b0 03 00 01 00'),
  bad('unsubackReasonCode', 5, 'b0 04 00 01 00 01'),
  bad('disconnectReasonCode', 5, 'e0 01 04'),
  bad('authReasonCode', 5, 'f0 05 19 03 15 00 00'),
  bad('authUnasked', 5, `f0 06 18 04 15 00 01 'm'`),
  bad('connackMethodUnasked', 5, `20 07 00 00 04 15 00 01 'm'`, INSTEAD),
  bad('authMethodChanged', 5, `f0 06 18 04 15 00 01 'n'`, AUTHENTICATING),
  bad('authBeforeConnack', 5, `f0 06 00 04 15 00 01 'm'`, AUTHENTICATING),
  bad('authOutOfTurn', 5, `f0 06 18 04 15 00 01 'm' f0 06 18 04 15 00 01 'm'`, AUTHENTICATING),
  bad('connackMissing', 5, `30 04 00 01 'a' 00`, INSTEAD),
  bad('connackRepeated', 5, '20 03 00 00 00'),
  bad('sessionPresentUnasked', 5, '20 03 01 00 00', INSTEAD),
  bad('receiveMaximum', 5, `32 07 00 01 'a' 00 01 00 '1' 32 07 00 01 'a' 00 02 00 '2'`, {
    options: { receiveMaximum: 1, ackMode: 'manual' },
    delivered: ['1'],
  }),
  bad('topicAlias', 5, `30 07 00 01 'a' 03 23 00 11`),
  bad('topicAliasUnbound', 5, '30 06 00 00 03 23 00 01'),
  bad('acknowledgementMismatch', 5, '50 02 00 01', { asks: 'publish' }),
  bad('reasonCodeCount', 5, '90 04 00 01 00 00', { asks: 'subscribe' }),

  bad('reservedType', 4, 'f0 00'),
  bad('headerFlags', 4, '41 02 00 01'),
  bad('qos3', 4, `36 05 00 01 'a' 00 01`),
  bad('truncated', 4, `30 03 00 09 'a'`),
  bad('trailingBytes', 4, '40 03 00 01 00'),
  bad('variableByteInteger', 4, '30 80 80 80 80 01'),
  bad('utf8', 4, '30 03 00 01 ff'),
  bad('utf8Null', 4, '30 03 00 01 00'),
  bad('packetTooLarge', 4, '30 ff ff ff 7f'),
  bad('wrongSender', 4, 'e0 00'),
  bad('packetIdZero', 4, `32 05 00 01 'a' 00 00`),
  bad('topicEmpty', 4, '30 02 00 00'),
  bad('topicWildcard', 4, `30 03 00 01 '#'`),
  bad('connackFlags', 4, '20 02 02 00', INSTEAD),
  bad('sessionPresentOnRefusal', 4, '20 02 01 05', INSTEAD),
  bad('connackReasonCode', 4, '20 02 00 06', INSTEAD),
  bad('subackEmpty', 4, '90 02 00 01'),
  bad('subackReasonCode', 4, '90 03 00 01 87'),
  bad('connackMissing', 4, `30 03 00 01 'a'`, INSTEAD),
  bad('connackRepeated', 4, '20 02 00 00'),
  bad('sessionPresentUnasked', 4, '20 02 01 00', INSTEAD),
  bad('acknowledgementMismatch', 4, '50 02 00 01', { asks: 'publish' }),
  bad('reasonCodeCount', 4, '90 03 00 01 00', { asks: 'subscribe' }),
];

/** What only a Client can do wrong; the embedded broker and test servers report it. */
const BY_CLIENT: readonly ViolationName[] = [
  'subscriptionIdFromClient',
  'serverReferenceFromClient',
  'filterMultiLevel',
  'filterSingleLevel',
  'filterShared',
  'protocolName',
  'protocolVersion',
  'connectReservedFlag',
  'willQosWithoutWill',
  'willQos3',
  'willRetainWithoutWill',
  'passwordWithoutUserName',
  'subscribeEmpty',
  'noLocalShared',
  'subscribeOptions',
  'subscribeQos3',
  'retainHandling3',
  'unsubscribeEmpty',
];

/** What takes something that MQTT 3.1.1 does not have. */
const NOT_IN_311: readonly ViolationName[] = [
  'propertyUnknown',
  'propertyMisplaced',
  'propertyLength',
  'propertyDuplicate',
  'propertyValue',
  'topicAliasZero',
  'topicAlias',
  'topicAliasUnbound',
  'responseTopicWildcard',
  'sessionExpiryFromServer',
  'authDataWithoutMethod',
  'authMethodMissing',
  'authReasonCode',
  'pubackReasonCode',
  'pubrecReasonCode',
  'pubrelReasonCode',
  'pubcompReasonCode',
  'unsubackEmpty',
  'unsubackReasonCode',
  'disconnectReasonCode',
  'authUnasked',
  'connackMethodUnasked',
  'authMethodChanged',
  'authBeforeConnack',
  'authOutOfTurn',
  'receiveMaximum',
];

/** What the Server has got when the Client has closed the connection. */
async function everythingFrom(peer: Peer): Promise<readonly string[]> {
  await peer.closed();
  return peer.waiting.map((packet) =>
    packet.type === PacketType.DISCONNECT
      ? `DISCONNECT 0x${packet.reasonCode.toString(16)}`
      : `type ${packet.type}`,
  );
}

describe.each([5, 4] as const)('version %i', (version) => {
  const cases = CASES.filter((it) => it.version === version);

  test.each(cases)(
    '$violation → reason code on the wire in MQTT 5 alone, socket closed, nothing after it delivered',
    async ({ violation, listing, instead, options, asks, delivered }) => {
      await using server = await ScriptedServer.start(version);
      const client = inlineClient(server, {
        ...options,
        reconnectDelayMinMs: 120_000,
        reconnectDelayMaxMs: 120_000,
      });
      const payloads: string[] = [];
      client.on('message', (message) => {
        payloads.push(message.text());
      });
      const ended = nextEvent(client, instead ? 'connectionFailure' : 'disconnection');
      client.start();
      const peer = await server.accept();
      const asked: Promise<unknown>[] = [];
      const before: Uint8Array[] = [];
      if (instead) await peer.next(PacketType.CONNECT);
      else {
        const success = nextEvent(client, 'connectionSuccess');
        await peer.welcome();
        await success;
        before.push(encodeAll([publishPacket({ payload: 'before' })], version));
      }
      if (asks === 'publish') asked.push(client.publish('t', 'x', { qos: 1 }));
      if (asks === 'subscribe') asked.push(client.subscribe(['a', 'b']));
      const outcomes = Promise.allSettled(asked);
      if (asks === 'publish') await peer.next(PacketType.PUBLISH);
      if (asks === 'subscribe') await peer.next(PacketType.SUBSCRIBE);

      const after = encodeAll([publishPacket({ payload: 'after' })], version);
      peer.sendRaw(concat(...before, bytes(listing), after));

      const { reasonCode, statement } = VIOLATIONS[violation];
      const disconnect = version === 5 ? [`DISCONNECT 0x${reasonCode.toString(16)}`] : [];
      expect(await everythingFrom(peer)).toEqual(disconnect);
      const [{ error }] = await ended;
      expect(error).toMatchObject({ code: 'GNEISS_ERR_PEER_VIOLATION', reasonCode, statement });
      expect(payloads).toEqual([...(instead ? [] : ['before']), ...delivered]);
      await client.close();
      await outcomes;
    },
  );

  test('every violation that a Server can commit → has a case', () => {
    const met = new Set<string>(cases.map(({ violation }) => violation));
    const exempt = [...BY_CLIENT, ...(version === 4 ? NOT_IN_311 : [])];
    const names = Object.keys(VIOLATIONS);
    expect(names.filter((name) => !met.has(name)).sort()).toEqual(exempt.sort());
  });
});

describe('compliance', () => {
  test("forgiving → counted in stats(), in all and by kind; 'strict' → closed", async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { clientId: 'c' });
    client.start();
    const peer = await server.welcome();
    peer.send({ type: PacketType.PINGRESP });
    await peer.settled();
    expect(client.stats()).toMatchObject({
      toleratedViolations: 2,
      toleratedPingrespUnasked: 1,
      toleratedUnknownPubrel: 1,
      toleratedPacketIdInUse: 0,
    });
    await client.close();

    const strict = inlineClient(server, { clientId: 'c', compliance: 'strict' });
    const ended = nextEvent(strict, 'disconnection');
    strict.start();
    const other = await server.welcome();
    other.send({ type: PacketType.PINGRESP });
    expect(await everythingFrom(other)).toEqual(['DISCONNECT 0x82']);
    const [{ error }] = await ended;
    expect(error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    expect(strict.stats().toleratedViolations).toBe(0);
    await strict.close();
  });
});
