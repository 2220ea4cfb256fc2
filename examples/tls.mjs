// Connects over TLS, and shows the broker a certificate of this client.
// node examples/tls.mjs mqtts://127.0.0.1:8883 path/of/certificates
import { connect } from 'gneiss-mqtt';

const [url, directory] = process.argv.slice(2);

const client = await connect(url, {
  tls: {
    ca: `${directory}/ca.pem`,
    cert: `${directory}/client.pem`,
    key: `${directory}/client-key.pem`,
  },
});
console.log('connected over TLS');
await client.close();
