import type { Violation } from './violations.js';

/**
 * Well-formed misbehaviour of a Server that harms nothing. With `compliance: 'strict'` it is a violation like any other; with
 * `'forgiving'` it is let pass.
 */
export interface Toleration extends Violation {
  /** What a forgiving client does. */
  readonly forgiving: string;
  /**
   * Set where a look at every message would be needed: a forgiving client does not look, and so does not count it.
   */
  readonly strictOnly?: true;
}

const PROTOCOL_ERROR = 0x82;

/** Everything that a forgiving client lets pass: one row each. Counters and documentation derive from it. */
export const TOLERATIONS = {
  // Acknowledgements.
  unknownAcknowledgement: {
    statement: 'MQTT-2.2.1-5',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBACK, PUBCOMP, SUBACK or UNSUBACK answers nothing that was sent on this connection',
    forgiving: 'ignores it',
  },
  unknownPubrec: {
    statement: 'MQTT-2.2.1-5',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBREC answers nothing that was sent on this connection',
    forgiving: 'answers PUBREL 0x92',
  },
  repeatedPubrec: {
    statement: '4.3.3',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBREC comes again',
    forgiving: 'ignores it: PUBREL is sent once a connection',
  },
  unknownPubrel: {
    statement: 'MQTT-2.2.1-5',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBREL releases nothing, in a Session that began with the connection',
    forgiving: 'answers PUBCOMP 0x92',
  },
  earlyPubrel: {
    statement: '4.3.3',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBREL comes before our PUBREC',
    forgiving: 'answers PUBCOMP, and sends no PUBREC any more',
  },
  grantAboveRequest: {
    statement: 'MQTT-3.8.4-7',
    reasonCode: PROTOCOL_ERROR,
    text: 'A SUBACK grants a higher QoS than was asked for',
    forgiving: 'takes the grant',
  },
  pingrespUnasked: {
    statement: '3.13',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PINGRESP answers no PINGREQ',
    forgiving: 'ignores it',
  },
  // CONNACK and what it settles.
  sessionWithoutState: {
    statement: 'MQTT-3.2.2-4',
    reasonCode: PROTOCOL_ERROR,
    text: 'The Server resumes a Session of which this client has no state',
    forgiving: 'resumes it: a durable subscriber may start again without a store',
  },
  assignedClientIdMissing: {
    statement: 'MQTT-3.2.2-16',
    reasonCode: PROTOCOL_ERROR,
    text: 'A CONNACK assigns no Client Identifier although CONNECT had none',
    forgiving: 'goes on without one',
  },
  assignedClientIdUnasked: {
    statement: '3.2.2.3.7',
    reasonCode: PROTOCOL_ERROR,
    text: 'A CONNACK assigns a Client Identifier although CONNECT had one',
    forgiving: 'goes by the assigned one',
  },
  responseInformationUnasked: {
    statement: 'MQTT-3.1.2-28',
    reasonCode: PROTOCOL_ERROR,
    text: 'A CONNACK has Response Information that was not asked for',
    forgiving: 'passes it on',
  },
  problemInformationUnasked: {
    statement: 'MQTT-3.1.2-29',
    reasonCode: PROTOCOL_ERROR,
    text: 'A Reason String or User Property stands where Request Problem Information 0 allows none',
    forgiving: 'passes it on',
  },
  // Messages.
  packetIdInUse: {
    statement: 'MQTT-2.2.1-4',
    reasonCode: PROTOCOL_ERROR,
    text: 'A new PUBLISH takes a Packet Identifier that is in use',
    forgiving: 'delivers it at QoS 1; takes it for a repetition at QoS 2',
  },
  repeatedPublish: {
    statement: 'MQTT-4.4.0-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBLISH is sent again although the connection lasts',
    forgiving: 'delivers it again at QoS 1; suppresses it at QoS 2',
  },
  dupAtQos0: {
    statement: 'MQTT-3.3.1-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'DUP is set on a PUBLISH of QoS 0',
    forgiving: 'delivers it',
  },
  unsolicitedMessage: {
    statement: 'MQTT-3.3.2-3',
    reasonCode: PROTOCOL_ERROR,
    text: 'A message matches no subscription of the Session',
    forgiving: 'delivers it to listeners of `message`',
    strictOnly: true,
  },
  qosAboveGrant: {
    statement: 'MQTT-3.8.4-8',
    reasonCode: PROTOCOL_ERROR,
    text: 'A message has a higher QoS than its subscriptions were granted',
    forgiving: 'delivers it',
    strictOnly: true,
  },
  retainUnasked: {
    statement: 'MQTT-3.3.1-12',
    reasonCode: PROTOCOL_ERROR,
    text: 'RETAIN is set for subscriptions that take neither retained messages nor their flag',
    forgiving: 'delivers it',
    strictOnly: true,
  },
  subscriptionIdUnasked: {
    statement: '3.3.2.3.8',
    reasonCode: PROTOCOL_ERROR,
    text: 'A Subscription Identifier is none that was asked for',
    forgiving: 'delivers it',
    strictOnly: true,
  },
  payloadFormat: {
    statement: '3.3.2.3.2',
    reasonCode: 0x99,
    text: 'A payload is not the UTF-8 that its Payload Format Indicator says it is',
    forgiving: 'delivers it',
    strictOnly: true,
  },
} as const satisfies Record<string, Toleration>;

type Rows = typeof TOLERATIONS;

/** The name of a row of {@link TOLERATIONS}. */
export type TolerationName = keyof Rows;

/** A row that a forgiving client notices, and counts. */
export type CountedToleration = {
  [Name in TolerationName]: Rows[Name] extends { readonly strictOnly: true } ? never : Name;
}[TolerationName];

/** The names of the rows that a forgiving client counts, in the order of the table. */
export const COUNTED_TOLERATIONS: readonly CountedToleration[] = (
  Object.keys(TOLERATIONS) as TolerationName[]
).filter((name): name is CountedToleration => !('strictOnly' in TOLERATIONS[name]));
