import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { ConnectPacket, Will } from '../codec/packets.js';

/** What one connection is shown of the client. */
export interface ConnectIdentity {
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly will: Will | undefined;
  readonly userProperties: readonly (readonly [string, string])[] | undefined;
  /** The Authentication Method; undefined: there is no enhanced authentication. */
  readonly authenticationMethod: string | undefined;
}

/** What every CONNECT of a client holds. */
export interface ConnectSettings {
  readonly protocolVersion: ProtocolVersion;
  readonly clientId: string;
  readonly rejoinSession: 'post-success' | 'always' | 'never';
  readonly keepAlive: number;
  readonly sessionExpiryInterval: number;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly requestResponseInformation: boolean;
  readonly requestProblemInformation: boolean;
}

/**
 * Builds the CONNECT of the next connection.
 *
 * @param assignedClientId  What the Server named us on an earlier connection; undefined: nothing.
 * @param hasConnected      Whether a Server has accepted this client before.
 */
export function toConnectPacket(
  settings: ConnectSettings,
  identity: ConnectIdentity,
  assignedClientId: string | undefined,
  hasConnected: boolean,
): ConnectPacket {
  const { rejoinSession } = settings;
  return {
    type: PacketType.CONNECT,
    protocolVersion: settings.protocolVersion,
    cleanStart: rejoinSession === 'never' || (rejoinSession === 'post-success' && !hasConnected),
    keepAlive: settings.keepAlive,
    clientId: assignedClientId ?? settings.clientId,
    username: identity.username,
    password: identity.password,
    will: identity.will,
    properties:
      settings.protocolVersion === 4
        ? {}
        : {
            sessionExpiryInterval: settings.sessionExpiryInterval,
            receiveMaximum: settings.receiveMaximum,
            maximumPacketSize: settings.maximumPacketSize,
            topicAliasMaximum: settings.topicAliasMaximum,
            requestResponseInformation: settings.requestResponseInformation,
            requestProblemInformation: settings.requestProblemInformation,
            userProperties: identity.userProperties,
          },
  };
}
