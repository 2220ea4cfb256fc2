import { interoperability } from '../support/interoperability.js';

const {
  EJABBERD_URLS = '',
  EJABBERD_USERNAME = 'gneiss',
  EJABBERD_PASSWORD = 'gneiss',
} = process.env;
const urls = EJABBERD_URLS.split(' ').filter((url) => url !== '');
const options = { username: EJABBERD_USERNAME, password: EJABBERD_PASSWORD };

// It is no broker that a test could start: it runs, or this is skipped. docs/brokers.md tells how.
for (const url of urls.length > 0 ? urls : ['mqtt://127.0.0.1']) {
  interoperability(
    `ejabberd at ${url}`,
    urls.length > 0,
    async () =>
      Promise.resolve({ url, options, [Symbol.asyncDispose]: async () => Promise.resolve() }),
    { sharedSubscriptions: false, keepsMaximumPacketSize: false },
  );
}
