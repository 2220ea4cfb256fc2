import type { Mutant } from './mutant.js';

const AUTHENTICATION = 'src/protocol/authentication.ts';
const SESSION = 'src/protocol/session.ts';

/** Enhanced authentication. */
export const AUTHENTICATING: readonly Mutant[] = [
  {
    id: 'a connection counts as accepted before its Server is verified',
    file: SESSION,
    text: 'if (this.authentication.verifies)',
    by: 'if (this.authentication.verifies && connack.reasonCode > 0)',
  },
  {
    id: 'an answer to an earlier exchange is taken',
    file: AUTHENTICATION,
    text: "if (exchange !== this.#exchange || stage.kind !== 'asked') return;",
    by: "if (stage.kind !== 'asked') return;",
  },
  {
    id: 'a re-authentication begins as one that goes on',
    file: AUTHENTICATION,
    text: "stage.step === 'first' && this.#reauthenticates ? REAUTHENTICATE : CONTINUE",
    by: 'CONTINUE',
  },
  {
    id: 'a re-authentication does not end with its connection',
    file: SESSION,
    text: "this.authentication.end({ code: 'GNEISS_ERR_CONNECTION_LOST' });",
    by: '',
  },
  {
    id: 'CONNECT does not wait for the authenticator',
    file: AUTHENTICATION,
    text: "if (this.#stage.kind !== 'owed') return null;",
    by: "if (this.#stage.kind !== 'owed') return connect;",
  },
  {
    id: 'an authenticator that fails is not heard',
    file: AUTHENTICATION,
    text: "if (exchange === this.#exchange && this.#stage.kind === 'asked') {",
    by: "if (exchange > this.#exchange && this.#stage.kind === 'asked') {",
  },
];
