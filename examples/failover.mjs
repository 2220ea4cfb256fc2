/*
 * Two brokers, and a token that is fetched for each attempt to connect.
 *   node examples/failover.mjs
 */
import { once } from 'node:events';
import { connect } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';

// Brokers that take each token once; yours would be those of a cluster.
let issued = 0;
const authenticate = (packet) =>
  String(Buffer.from(packet.password ?? '')) === `token ${issued}` ? 0x00 : 0x87;
const one = await startBroker({ authenticate });
const other = await startBroker({ authenticate });

const client = await connect([one.url, other.url], {
  connectOptions: async ({ number, server, error }) => {
    console.log(`attempt ${number}, port ${server.port}, after ${error?.code ?? 'nothing'}`);
    return { username: 'meter-7', password: await fetchToken() };
  },
});

async function fetchToken() {
  issued++;
  return `token ${issued}`;
}

// The broker goes away: the next one of the list is tried, with another token.
const again = once(client, 'connectionSuccess');
await one.close();
const [{ server }] = await again;
console.log(server.port === other.port ? 'at the other broker' : 'at the same broker');

await client.close();
await other.close();
