import type { HostTask } from '../../../src/channel/host-task.js';
import { runClientHost } from '../../../src/host/client-host.js';
import type { HostEnvironment } from '../../../src/host/environment.js';
import { currentWorld } from './current.js';

let environment: HostEnvironment | null = null;

/** Sets what the hosts of the history that runs depend on. */
export function setEnvironment(next: HostEnvironment): void {
  environment = next;
}

/** In place of `src/client/run-host.ts`: the worker thread is one that the history plays. */
export async function runHost(task: HostTask): Promise<void> {
  const hostEnvironment = environment;
  if (hostEnvironment === null) throw new Error('no environment was set');
  await new Promise<void>((resolve) => {
    currentWorld().clock.schedule(0, 'worker', () => {
      runClientHost(task, hostEnvironment).then(resolve, (error: unknown) => {
        currentWorld().fail('no-exception', `the host failed: ${String(error)}`, error);
      });
    });
  });
}
