import type { ThreadTask } from '../src/channel/host-task.js';
import { runClientHost } from '../src/host/client-host.js';
import { NODE_ENVIRONMENT } from '../src/host/environment.js';
import { runHosts } from '../src/host/hosts.js';

/** Runs the protocol of all clients that share a port; resolves when there are none any more. */
export default async function run(task: ThreadTask): Promise<void> {
  await runHosts(task, (client, port) => runClientHost(client, port, NODE_ENVIRONMENT));
}
