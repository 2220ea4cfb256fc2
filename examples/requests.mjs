/*
 * Requests and answers: one client asks, another one answers.
 *   node examples/requests.mjs [mqtt://127.0.0.1:1883]
 */
import { connect } from 'gneiss-mqtt';

const url = process.argv[2] ?? 'mqtt://127.0.0.1:1883';
const server = await connect(url);
const client = await connect(url);

// What the function returns is published to the topic that the request names.
await server.respond('rpc/add', { qos: 1 }, (request) => {
  const [a, b] = request.json();
  return JSON.stringify(a + b);
});

const response = await client.request('rpc/add', '[40, 2]', { timeoutMs: 5000 });
console.log('40 + 2 =', response.json());

// Many answers: those that come within the time.
for await (const answer of client.requestMany('rpc/add', '[1, 1]', { timeoutMs: 200 })) {
  console.log('1 + 1 =', answer.json());
}

await client.close();
await server.close();
