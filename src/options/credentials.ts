import type { ProtocolVersion } from '../codec/packet-types.js';
import { parseString, refuse } from '../validation/values.js';
import { parseBytes } from './kinds.js';
import type { ServerAddress } from './url.js';

/** What a client logs in with. */
export interface Credentials {
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
}

/** Those of an address, unless there are others: they take the place of both. */
export function chooseCredentials(address: ServerAddress, others: Credentials): Credentials {
  if (others.username !== undefined || others.password !== undefined) {
    return { username: others.username, password: others.password };
  }
  const { username, password } = address;
  return {
    username: username === undefined ? undefined : parseString(username, 'username'),
    password: password === undefined ? undefined : parseBytes(password, 'password'),
  };
}

/** Refuses what MQTT 3.1.1 does not know: a password without a username [MQTT-3.1.1:3.1.2-22]. */
export function assertCredentialsVersion(
  { username, password }: Credentials,
  version: ProtocolVersion,
): void {
  if (version === 4 && password !== undefined && username === undefined) {
    refuse('password', 'needs a username in MQTT 3.1.1');
  }
}
