import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { connect, PcapWriter, type TappedPacket } from 'gneiss-mqtt';
import mqttPacket from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProtocolVersion } from '../../src/codec/packet-types.js';
import { startBroker, type TestBroker } from '../../src/testing/broker.js';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
/** Larger than a segment. */
const LARGE = 'y'.repeat(100_000);

let broker: TestBroker;
let folder: string;

beforeAll(async () => {
  broker = await startBroker();
  folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-pcap-'));
});

afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** The life of a client in a file. */
async function capture(protocolVersion: ProtocolVersion): Promise<string> {
  const file = join(folder, `${protocolVersion}.pcap`);
  const stream = createWriteStream(file);
  const writer = new PcapWriter(stream);
  const client = await connect(broker.url, {
    protocolVersion,
    clientId: `pcap-${protocolVersion}`,
    username: 'ada',
    password: 'canary-password',
    packetTap: writer.tap,
  });
  const received = new Promise<void>((resolve) => {
    void client.subscribe('plant/#', { qos: 1 }, ({ payloadLength }) => {
      if (payloadLength === LARGE.length) resolve();
    });
  });
  await client.publish('plant/ä', 'x', { qos: 2 });
  await client.publish('plant/large', LARGE, { qos: 1 });
  await received;
  await client.stop();
  client.start();
  await client.publish('plant/again', 'x', { qos: 1 });
  await client.close();
  stream.end();
  await finished(stream);
  expect(writer.dropped).toBe(0);
  return file;
}

/** What the client has told each Server, and been told: packets of each conversation, as mqtt-packet reads them. */
function conversations(file: string, protocolVersion: ProtocolVersion): Map<string, string[]> {
  const bytes = readFileSync(file);
  expect(bytes.readUInt32BE(0)).toBe(0xa1b2c3d4);
  expect([bytes.readUInt16BE(4), bytes.readUInt16BE(6), bytes.readUInt32BE(20)]).toEqual([
    2, 4, 101,
  ]);
  const streams = new Map<
    string,
    { next: number; commands: string[]; parse: (data: Buffer) => void }
  >();
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 8);
    expect(bytes.readUInt32BE(at + 12)).toBe(length);
    const ip = bytes.subarray(at + 16, at + 16 + length);
    at += 16 + length;
    expect([ip[0], ip[9], ip.readUInt16BE(2)]).toEqual([0x45, 6, length]);
    const tcp = ip.subarray(20);
    expect(onesSum(ip.subarray(0, 20))).toBe(0xffff);
    const pseudo = Buffer.concat([
      ip.subarray(12, 20),
      Buffer.from([0, 6, tcp.length >> 8, tcp.length & 255]),
      tcp,
    ]);
    expect(onesSum(pseudo)).toBe(0xffff);
    const key = `${tcp.readUInt16BE(0)} > ${tcp.readUInt16BE(2)}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      const parser = mqttPacket.parser({ protocolVersion });
      const commands: string[] = [];
      parser.on('packet', ({ cmd }) => commands.push(cmd));
      parser.on('error', (error) => {
        throw error;
      });
      stream = { next: 1, commands, parse: (data) => parser.parse(data) };
      streams.set(key, stream);
    }
    expect(tcp.readUInt32BE(4)).toBe(stream.next);
    stream.parse(tcp.subarray(20));
    stream.next += tcp.length - 20;
  }
  return new Map(Array.from(streams, ([key, { commands }]) => [key, commands]));
}

/** 0xffff where a checksum is right. */
function onesSum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) sum += at % 2 === 0 ? bytes[at]! << 8 : bytes[at]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe.each<ProtocolVersion>([4, 5])('version %i', (version) => {
  test('a life → two conversations in a pcap file, whole, with right checksums, no password', async () => {
    const file = await capture(version);
    const found = conversations(file, version);
    expect([...found.keys()].sort()).toEqual([
      '1883 > 49153',
      '1883 > 49154',
      '49153 > 1883',
      '49154 > 1883',
    ]);
    expect(found.get('49153 > 1883')?.[0]).toBe('connect');
    expect(found.get('49153 > 1883')?.at(-1)).toBe('disconnect');
    expect(found.get('49153 > 1883')?.filter((name) => name === 'publish')).toHaveLength(2);
    expect(found.get('1883 > 49153')).toEqual(
      expect.arrayContaining(['connack', 'suback', 'puback', 'pubrec', 'pubcomp', 'publish']),
    );
    expect(readFileSync(file).includes('canary')).toBe(false);
  });

  test.skipIf(!hasTshark)('the file → read by tshark as MQTT, nothing malformed', async () => {
    const file = await capture(version);
    const read = (...args: string[]): string[] =>
      execFileSync('tshark', ['-r', file, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .split('\n')
        .filter((line) => line !== '');
    expect(read('-Y', '_ws.malformed || tcp.analysis.flags || mqtt.ver == 0')).toEqual([]);
    const fields = ['-T', 'fields', '-e', 'tcp.stream', '-e', 'mqtt.msgtype', '-e', 'mqtt.ver'];
    const connects = read('-Y', 'mqtt.msgtype == 1', ...fields);
    expect(connects).toEqual([`0\t1\t${version}`, `1\t1\t${version}`]);
    const topics = read(
      '-Y',
      'mqtt.msgtype == 3 && tcp.dstport == 1883',
      '-T',
      'fields',
      '-e',
      'mqtt.topic',
      '-e',
      'mqtt.len',
    );
    expect(topics.map((line) => line.split('\t')[0])).toEqual([
      'plant/ä',
      'plant/large',
      'plant/again',
    ]);
    expect(Number(topics[1]!.split('\t')[1])).toBeGreaterThan(LARGE.length);
    expect(read('-Y', 'mqtt.passwd', '-T', 'fields', '-e', 'mqtt.passwd')).toEqual([
      'redacted',
      'redacted',
    ]);
  });
});

test('a stream that does not keep up, or is ended → packets are left out and counted', () => {
  const written: Uint8Array[] = [];
  const stream = {
    writable: true,
    writableLength: 0,
    write: (chunk: Uint8Array) => written.push(chunk) > 0,
  };
  const writer = new PcapWriter(stream);
  const packet = {
    direction: 'sent',
    connection: 1,
    at: 0,
    protocolVersion: 5,
    name: 'PINGREQ',
    bytes: Uint8Array.from([0xc0, 0]),
    packet: null,
  } as const satisfies TappedPacket;
  writer.tap(packet);
  stream.writableLength = 16 * 1024 * 1024;
  writer.tap(packet);
  stream.writableLength = 0;
  stream.writable = false;
  writer.tap(packet);
  expect([written.length, writer.dropped]).toEqual([2, 2]);
});
