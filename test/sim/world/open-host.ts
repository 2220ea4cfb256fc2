import type { ControlRequest } from '../../../src/channel/control-messages.js';
import type { HostTask, PortToClient, PortToHost } from '../../../src/channel/host-task.js';
import { type HostOwner, HostThreads } from '../../../src/client/host-threads.js';
import { runClientHost } from '../../../src/host/client-host.js';
import type { HostEnvironment } from '../../../src/host/environment.js';
import { runHosts } from '../../../src/host/hosts.js';
import { currentWorld } from './current.js';

let environment: HostEnvironment | null = null;

/** Sets what the hosts of the history that runs depend on. */
export function setEnvironment(next: HostEnvironment): void {
  environment = next;
}

/** In place of `src/client/open-host.ts`: the worker thread is one that the history plays, and each client has its own. */
export function openHost(
  task: HostTask,
  request: ControlRequest | null,
  owner: HostOwner,
): PortToHost {
  const hostEnvironment = environment;
  if (hostEnvironment === null) throw new Error('no environment was set');
  const run = async (one: HostTask, port: PortToClient): Promise<void> => {
    try {
      await runClientHost(one, port, hostEnvironment);
    } catch (error) {
      currentWorld().fail('no-exception', `the host failed: ${String(error)}`, error);
    }
  };
  const threads = new HostThreads(
    async (all) =>
      new Promise((resolve) => {
        currentWorld().clock.schedule(0, 'worker', () => {
          void runHosts(all, run).then(resolve);
        });
      }),
    { threads: 1, clientsEach: 1 },
    true,
  );
  return threads.open(task, request, owner);
}
