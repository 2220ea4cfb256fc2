import { openHost } from '../../src/client/open-host.js';
import type { MqttError } from '../../src/errors/mqtt-error.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { smallMemory } from '../channel/support.js';

const { buffer, config } = smallMemory();
const { worker: options } = resolveOptions('mqtt://server.example');

/** What takes the place of a client on a thread until it is closed. */
export interface PlaceholderClient {
  /** Its host has said something. */
  readonly running: Promise<void>;
  /** What it has died of. */
  readonly died: Promise<MqttError>;
  close(): void;
}

export function placeholderClient(workerUrl: URL): PlaceholderClient {
  let runs = (): void => {};
  let dies: (error: MqttError) => void = () => {};
  const running = new Promise<void>((resolve) => {
    runs = resolve;
  });
  const died = new Promise<MqttError>((resolve) => {
    dies = resolve;
  });
  const owner = { received: runs, died: dies };
  const port = openHost({ buffer, config, options }, null, owner, 'worker', workerUrl.href);
  return {
    running,
    died,
    close: () => {
      port.close();
    },
  };
}
