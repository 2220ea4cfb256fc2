import { command } from '../command.js';
import { RR_FLAGS, RR_GROUPS } from './flags.js';

export const rrCommand = command({
  name: 'rr',
  summary: 'Publish a request and print the answer, or answer requests (MQTT 5).',
  flags: RR_FLAGS,
  groups: RR_GROUPS,
  examples: [
    [
      'gneiss rr -t rpc/add -m "[40, 2]"',
      'a request; exit code 27 when nobody answers within 30 seconds',
    ],
    ['gneiss rr --respond -t rpc/echo', 'answers every request with what it says'],
    ['gneiss rr -t rpc/who -n -C 10 -W 2', 'all answers that come within two seconds, ten at most'],
  ],
  run: async ([url], values) => (await import('./request.js')).requestOrRespond(url, values),
});
