import type { HostTask } from '../../src/channel/host-task.js';
import { runClientHost } from '../../src/host/client-host.js';
import { takeEnvironment } from '../support/fake-environment.js';

/** The worker module of clients whose network and clock a test plays. */
export default async function run(task: HostTask): Promise<void> {
  await runClientHost(task, takeEnvironment());
}
