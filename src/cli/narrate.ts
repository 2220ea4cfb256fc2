import type { MqttClient } from '../index.js';
import { explain } from './explain.js';
import { toErrorLine } from './style.js';

/** Tells on standard error what becomes of the connection: its loss always, the rest when asked. */
export function narrate(client: MqttClient, isDetailed: boolean): void {
  const tell = (text: string): void => {
    process.stderr.write(toErrorLine(text));
  };
  client.on('disconnection', ({ error }) => {
    if (error.code !== 'GNEISS_ERR_STOPPED')
      tell(`connection lost, connecting again: ${explain(error).message}`);
  });
  client.on('connectionFailure', ({ error }) => {
    if (error.code !== 'GNEISS_ERR_STOPPED') tell(`no connection yet: ${explain(error).message}`);
  });
  client.on('connectionSuccess', ({ settings }) => {
    tell(`connected again as ${settings.clientId}`);
  });
  client.on('subscriptionLost', (error, filters) => {
    tell(`subscription lost: ${filters.join(' ')}: ${explain(error).message}`);
  });
  const { settings } = client;
  if (!isDetailed || settings === null) return;
  const { protocolVersion, clientId, sessionPresent, keepAlive } = settings;
  const version = protocolVersion === 5 ? 'MQTT 5' : 'MQTT 3.1.1';
  const session = sessionPresent ? 'resumed session' : 'new session';
  tell(
    `connected with ${version} as ${clientId || '(no name)'}, ${session}, keep alive ${keepAlive} s`,
  );
}
