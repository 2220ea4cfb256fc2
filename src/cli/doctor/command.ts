import { command } from '../command.js';
import { DOCTOR_FLAGS, DOCTOR_GROUPS } from './flags.js';

export const doctorCommand = command({
  name: 'doctor',
  summary: 'Connect step by step, try what the broker can, and say what is wrong.',
  flags: DOCTOR_FLAGS,
  groups: DOCTOR_GROUPS,
  examples: [
    [
      'gneiss doctor mqtts://broker:8883 --ca ca.pem -u meter',
      'name, port, certificate, credentials, QoS',
    ],
    ['gneiss doctor wss://broker/mqtt --proxy environment --json', 'for a ticket'],
  ],
  run: async ([url], values) => (await import('./doctor.js')).examine(url, values),
});
