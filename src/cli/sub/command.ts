import { command } from '../command.js';
import { SUB_FLAGS, SUB_GROUPS } from './flags.js';

export const subCommand = command({
  name: 'sub',
  summary: 'Subscribe, and print the messages.',
  flags: SUB_FLAGS,
  groups: SUB_GROUPS,
  examples: [
    ["gneiss sub -t 'plant/#' -v", 'everything below plant/, with its topic'],
    ["gneiss sub mqtts://broker -t '$SYS/#' -F json | jq .payload", 'JSON lines for other tools'],
    ['gneiss sub -t plant/7/temp -C 1 -W 5', 'one message, or exit code 27 after five seconds'],
    ["gneiss sub -t 'plant/#' -F '%I %t q%q %p'", 'a format of your own'],
  ],
  run: async ([url], values) => (await import('./subscribe.js')).subscribe(url, values),
});
