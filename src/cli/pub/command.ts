import { command } from '../command.js';
import { PUB_FLAGS, PUB_GROUPS } from './flags.js';

export const pubCommand = command({
  name: 'pub',
  summary: 'Publish a message, or one for each line of standard input.',
  flags: PUB_FLAGS,
  groups: PUB_GROUPS,
  examples: [
    ['gneiss pub -t plant/7/temp -m 21.5 -q 1 --retain', 'a message to the broker on this machine'],
    [
      'gneiss pub mqtts://broker:8883 --ca ca.pem -t plant/7/photo -f photo.jpg',
      'a file, over TLS',
    ],
    ['tail -F app.log | gneiss pub -h broker -t logs/app --multiline', 'a message for each line'],
    [
      'gneiss pub -t plant/%i/temp -m \'{"at":"%I"}\' --template --repeat 10',
      'ten messages of a template',
    ],
  ],
  run: async ([url], values) => (await import('./publish.js')).publish(url, values),
});
