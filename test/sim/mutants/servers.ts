import type { Mutant } from './mutant.js';

const CHOICE = 'src/host/server-choice.ts';
const ORDER = 'src/host/server-order.ts';
const ATTEMPT = 'src/host/attempt.ts';
const CONNECTION = 'src/host/connection.ts';
const ATTEMPTS = 'src/client/client-attempts.ts';

/** Which Server an attempt goes to, and what it is made with. */
export const SERVERS: readonly Mutant[] = [
  {
    id: 'another host is told the credentials of the Server that has named it',
    file: CHOICE,
    text: 'return { server: withoutCredentials(endpoint), isForeign: true };',
    by: 'return toListed({ ...server, endpoint });',
  },
  {
    id: 'another host is told the credentials of connectOptions',
    file: ATTEMPT,
    text: '(isForeign ? null : settings?.credentials) ?? server;',
    by: 'settings?.credentials ?? server;',
  },
  {
    id: 'another host is told the headers of connectOptions',
    file: ATTEMPT,
    text: '? withoutCredentials(options)',
    by: '? { ...withoutCredentials(options), webSocket: withHeaders(options, settings?.headers).webSocket }',
  },
  {
    id: 'a Server that is not to be told anything is trusted in what it names',
    file: CHOICE,
    text: '(endpoint.host === from.host && !isForeign)',
    by: 'endpoint.host === from.host',
  },
  {
    id: 'a Server Reference is followed though it is to be ignored',
    file: CHOICE,
    text: "if (this.#options.serverReference === 'ignore' || 'path' in endpoint) return;",
    by: "if ('path' in endpoint) return;",
  },
  {
    id: 'a Server that was to be used once is used again',
    file: CHOICE,
    text: 'detour.left = detour.isPermanent ? detour.targets.length : 0;',
    by: 'detour.left = detour.targets.length;',
  },
  {
    id: 'a Server that has moved is asked again where it was',
    file: CHOICE,
    text: 'detour.left = detour.isPermanent ? detour.targets.length : 0;',
    by: 'detour.left = 0;',
  },
  {
    id: 'start() does not begin with the first Server',
    file: CONNECTION,
    text: 'this.#servers.restart();',
    by: '',
  },
  {
    id: 'the list of Servers begins anew with each attempt',
    file: ORDER,
    text: 'this.#last = this.#left.shift()!;',
    by: 'this.#last = this.#left.shift()!;\n    this.#left = [];',
  },
  {
    id: 'in random order a Server may come twice in a row',
    file: ORDER,
    text: 'if (servers[0] === this.#last) swap(servers, 0, servers.length - 1);',
    by: '',
  },
  {
    id: 'the first round through the Servers is not quick',
    file: 'src/host/reconnect.ts',
    text: 'if (othersLeft && error.reasonCode !== SESSION_TAKEN_OVER)',
    by: 'if (othersLeft && error.reasonCode === SESSION_TAKEN_OVER)',
  },
  {
    id: 'an answer of connectOptions that comes too late is taken for the next one',
    file: CONNECTION,
    text: "if (state.kind !== 'asking' || answer.attempt !== this.#attempts) return;",
    by: "if (state.kind !== 'asking') return;",
  },
  {
    id: 'connectOptions has no timeout',
    file: CONNECTION,
    text: "if (now >= state.deadline) this.#giveUp(state.target, connectTimeout('options'), now);",
    by: '',
  },
  {
    id: 'a stop while connectOptions is asked is not heard',
    file: CONNECTION,
    text: "this.#giveUp(state.target, { code: 'GNEISS_ERR_STOPPED' }, now);",
    by: '',
  },
  {
    id: 'connectOptions is not told why the last connection ended',
    file: ATTEMPTS,
    text: 'main.connectOptions!({ number, server, error: this.#error });',
    by: 'main.connectOptions!({ number, server, error: null });',
  },
  {
    id: 'an attempt that connectOptions has failed is made all the same',
    file: CONNECTION,
    text: 'this.#giveUp(state.target, { code: answer.code }, now);\n      return;',
    by: 'this.#connect(state.target, null, state.deadline);\n      return;',
  },
];
