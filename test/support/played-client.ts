import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { decoded } from '../codec/support.js';
import { FakeEnvironment, type FakeTransport, handEnvironment } from './fake-environment.js';
import { encodeAll, type PacketOf } from './scripted-server.js';

const DELAY_MS = 5;
/** More than messages between the threads take. */
const TURNS = 20;

/** Network and clock of a client, both played by the test. */
export class PlayedNetwork {
  readonly environment = new FakeEnvironment();
  /** Those of the client. */
  readonly options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    handEnvironment(this.environment);
    this.options = {
      thread: 'inline',
      workerUrl: new URL('../host/fake-worker.ts', import.meta.url),
      reconnectDelayMinMs: DELAY_MS,
      reconnectDelayMaxMs: DELAY_MS,
      ...options,
    };
  }

  /** The transport of the next attempt, which has sent its CONNECT. */
  async attempt(): Promise<FakeTransport> {
    const transport = await this.environment.transports.take();
    transport.events.opened();
    await written(transport, PacketType.CONNECT);
    return transport;
  }

  /** The delay before the next attempt is over. */
  wait(): void {
    this.environment.advance(DELAY_MS);
  }
}

/** A client in such a network. As long as the test awaits no more than a moment, nothing comes to its main thread. */
export class PlayedClient extends PlayedNetwork {
  readonly client: MqttClient = new MqttClient('mqtt://server.example', this.options);

  /** Starts it. @returns Where the Server has accepted the connection. */
  async connected(): Promise<FakeTransport> {
    this.client.start();
    const transport = await this.attempt();
    transport.receive(encodeAll([connack(false)], 5));
    await settle();
    return transport;
  }
}

export function connack(sessionPresent: boolean): Packet {
  return { type: PacketType.CONNACK, sessionPresent, reasonCode: 0, properties: {} };
}

/** What the client writes next: a packet of this type, and nothing else with it. */
export async function written<T extends PacketType>(
  transport: FakeTransport,
  type: T,
): Promise<PacketOf<T>> {
  const packet = decoded(await transport.writes.take(), 5, 'client');
  expect(packet.type).toBe(type);
  transport.events.flushed();
  return packet as PacketOf<T>;
}

/** Lets everything come to its thread. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}
