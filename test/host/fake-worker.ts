import type { ThreadTask } from '../../src/channel/host-task.js';
import { runClientHost } from '../../src/host/client-host.js';
import { runHosts } from '../../src/host/hosts.js';
import { takeEnvironment } from '../support/fake-environment.js';

/** The worker module of clients whose network and clock a test plays. */
export default async function run(task: ThreadTask): Promise<void> {
  await runHosts(task, (client, port) => runClientHost(client, port, takeEnvironment()));
}
