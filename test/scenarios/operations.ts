import type { SessionFixture } from '../support/session-fixture.js';

/** One kind of operation: how it is asked for, what it is on the wire, and how the Server answers it. */
export interface Operation {
  readonly name: string;
  submit(s: SessionFixture): number;
  /** The packet, when it is sent for the first time. */
  written(packetId: number): string;
  /** The whole exchange, answered with success. */
  answer(s: SessionFixture, packetId: number): void;
  readonly outcome: string;
}

/** SUBSCRIBE, UNSUBSCRIBE, QoS 0, QoS 1 and QoS 2: the order of the catalogue. */
export const OPERATIONS: readonly [Operation, Operation, Operation, Operation, Operation] = [
  {
    name: 'SUBSCRIBE',
    submit: (s) => s.subscribe('some/filter'),
    written: (packetId) => `SUBSCRIBE #${packetId}`,
    answer: (s, packetId) => s.suback(packetId, 1),
    outcome: '0x01',
  },
  {
    name: 'UNSUBSCRIBE',
    submit: (s) => s.unsubscribe('some/filter'),
    written: (packetId) => `UNSUBSCRIBE #${packetId}`,
    answer: (s, packetId) => s.unsuback(packetId, 0),
    outcome: '0x00',
  },
  {
    name: 'QoS 0',
    submit: (s) => s.publish('some/topic'),
    written: () => 'PUBLISH q0 some/topic',
    answer: () => {},
    outcome: 'done 0x00',
  },
  {
    name: 'QoS 1',
    submit: (s) => s.publish('some/topic', { qos: 1 }),
    written: (packetId) => `PUBLISH q1 #${packetId} some/topic`,
    answer: (s, packetId) => s.puback(packetId),
    outcome: 'done 0x00',
  },
  {
    name: 'QoS 2',
    submit: (s) => s.publish('some/topic', { qos: 2 }),
    written: (packetId) => `PUBLISH q2 #${packetId} some/topic`,
    answer: (s, packetId) => {
      s.pubrec(packetId);
      s.turn();
      s.pubcomp(packetId);
    },
    outcome: 'done 0x00',
  },
];
