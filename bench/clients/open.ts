import { openAwsCrt } from './aws-crt.js';
import type { BenchClient, ClientName, ClientSettings } from './client.js';
import { openGneiss } from './gneiss.js';
import { openMqttjs } from './mqttjs.js';
import { openU8 } from './u8-mqtt.js';

/** Connects a client. */
export async function openClient(name: ClientName, settings: ClientSettings): Promise<BenchClient> {
  switch (name) {
    case 'mqttjs':
    case 'mqttjs-silent':
      return openMqttjs(settings, name === 'mqttjs-silent');
    case 'aws-crt':
      return openAwsCrt(settings);
    case 'u8-mqtt':
      return openU8(settings);
    case 'gneiss':
      return openGneiss(settings, 'worker');
    case 'gneiss-inline':
      return openGneiss(settings, 'inline');
    case 'raw':
      throw new Error('The raw client is no MQTT client');
  }
}
