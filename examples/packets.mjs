// Every packet of a client, in a file for Wireshark and on the console.
// node examples/packets.mjs [mqtt://host:port] [file]
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { connect, PcapWriter } from 'gneiss-mqtt';

const url = process.argv[2] ?? 'mqtt://127.0.0.1:1883';
const file = createWriteStream(process.argv[3] ?? 'packets.pcap');

// What goes over the connections, for Wireshark; and a line for each packet.
const capture = new PcapWriter(file);
const client = await connect(url, {
  packetTap: (packet) => {
    capture.tap(packet);
    console.log(packet.direction, packet.name, packet.bytes.length, 'bytes');
  },
});
await client.publish('plant/7/temperature', '21.5', { qos: 1 });
await client.close();
file.end();
await finished(file);
