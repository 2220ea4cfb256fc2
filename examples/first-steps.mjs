import { connect } from 'gneiss-mqtt';

const client = await connect(process.argv[2] ?? 'mqtt://127.0.0.1:1883');

let handled;
const arrival = new Promise((resolve) => {
  handled = resolve;
});

await client.subscribe('plant/+/temperature', { qos: 1 }, (message) => {
  console.log(message.topicName, message.json());
  handled();
});

await client.publish('plant/7/temperature', '{ "celsius": 21.5 }', { qos: 1 });
await arrival;
await client.close();
