import { PacketType } from '../codec/packet-types.js';
import type { DisconnectPacket } from '../codec/packets.js';
import type { ResolvedOptions } from '../options/schema.js';
import type { StopOptions } from '../validation/operations.js';
import { assertStopOptions } from '../validation/outbound.js';

/**
 * The DISCONNECT that `stop` and `close` are asked to send.
 *
 * @returns Null when they are to close the socket without one.
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function toDisconnect(
  options: StopOptions | undefined,
  worker: ResolvedOptions['worker'],
): DisconnectPacket | null {
  assertStopOptions(options, worker.protocolVersion, worker.sessionExpiryInterval);
  if (options?.abrupt === true) return null;
  const { reasonCode, reasonString, sessionExpiryInterval, userProperties } = options ?? {};
  return {
    type: PacketType.DISCONNECT,
    reasonCode: reasonCode ?? 0,
    properties: { reasonString, sessionExpiryInterval, userProperties },
  };
}
