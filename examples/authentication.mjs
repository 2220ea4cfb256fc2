/*
 * Enhanced authentication: who the client is, proven without sending the password.
 *   node examples/authentication.mjs
 */
import { connect, scram } from 'gneiss-mqtt';
import { scramExchange, startBroker } from 'gneiss-mqtt/testing';

// A broker that knows one user; yours would be configured.
const exchangeAuthentication = scramExchange({ users: { 'meter-7': 'correct horse' } });
const broker = await startBroker({ exchangeAuthentication });
const { url } = broker;

// Client and broker prove to each other that they know the password; neither sends it.
const client = await connect(url, {
  authenticator: scram({
    mechanism: 'SCRAM-SHA-256',
    username: 'meter-7',
    password: 'correct horse',
  }),
});

await client.reauthenticate(); // again, on the same connection; publishes go on meanwhile
await client.close();

// An authenticator of your own: a method, and a state for each exchange.
const tokens = {
  method: 'TOKEN',
  begin() {
    return {
      first: () => fetchToken(), // goes with the CONNECT
      respond: (data) => data, // answers what the broker asks
      finish: (data) => console.log('accepted', data ?? ''), // throws when it does not accept the broker
    };
  },
};

async function fetchToken() {
  return 'a token';
}

const other = await startBroker({
  exchangeAuthentication: ({ authenticationData }) => ({
    reasonCode: String(Buffer.from(authenticationData ?? '')) === 'a token' ? 0x00 : 0x87,
  }),
});
const tokenClient = await connect(other.url, { authenticator: tokens });
await tokenClient.close();
await other.close();
await broker.close();
