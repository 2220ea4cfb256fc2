import { expect } from 'vitest';
import type { ProtocolVersion } from '../../src/codec/packet-types.js';
import type { PropertiesOf } from '../../src/codec/property-table.js';
import type { NegotiatedSettings } from '../../src/validation/negotiated.js';
import { createSession } from '../support/session-fixture.js';
import { describeSection } from './section.js';

const ASKED = {
  clientId: 'ours',
  keepAlive: 321,
  sessionExpiryInterval: 4321,
  receiveMaximum: 7,
  maximumPacketSize: 4096,
  topicAliasMaximum: 3,
  requestResponseInformation: true,
};

const GRANTED = {
  sessionExpiryInterval: 99,
  receiveMaximum: 12,
  maximumQos: 1,
  retainAvailable: false,
  maximumPacketSize: 5000,
  assignedClientIdentifier: 'theirs',
  topicAliasMaximum: 8,
  wildcardSubscriptionAvailable: false,
  subscriptionIdentifierAvailable: false,
  sharedSubscriptionAvailable: false,
  serverKeepAlive: 17,
  responseInformation: 'answers',
};

function negotiated(
  version: ProtocolVersion,
  properties: PropertiesOf<'connack'>,
): NegotiatedSettings | undefined {
  const s = createSession(version, ASKED);
  s.connect(properties);
  return s.sink.connections[0]?.settings;
}

describeSection('12.17', (scenario) => {
  scenario(2, (version) => {
    // What CONNECT says of our own limits does not limit what we send.
    expect(negotiated(version, {})).toEqual({
      protocolVersion: version,
      clientId: 'ours',
      sessionPresent: false,
      sessionExpiryInterval: 4321,
      keepAlive: 321,
      receiveMaximum: 65_535,
      maximumPacketSize: 268_435_460,
      topicAliasMaximum: 0,
      maximumQos: 2,
      retainAvailable: true,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifierAvailable: true,
      sharedSubscriptionAvailable: true,
      responseInformation: undefined,
    });
  });

  scenario(4, (version) => {
    const { assignedClientIdentifier, serverKeepAlive, ...same } = GRANTED;
    expect(negotiated(version, GRANTED)).toEqual({
      protocolVersion: version,
      sessionPresent: false,
      clientId: assignedClientIdentifier,
      keepAlive: serverKeepAlive,
      ...same,
    });
  });
});
