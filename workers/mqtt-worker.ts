import type { HostTask } from '../src/channel/host-task.js';
import { runClientHost } from '../src/host/client-host.js';
import { NODE_ENVIRONMENT } from '../src/host/environment.js';

/** Runs the protocol of one client; resolves when that client is closed. */
export default async function run(task: HostTask): Promise<void> {
  await runClientHost(task, NODE_ENVIRONMENT);
}
