import type { MessagePort } from 'node:worker_threads';
import type { WorkerOptions } from '../options/schema.js';
import type { ChannelConfig } from './layout.js';

/** What the facade sends to the thread that is to run the protocol of one client. */
export interface HostTask {
  readonly port: MessagePort;
  readonly buffer: SharedArrayBuffer;
  readonly config: ChannelConfig;
  readonly options: WorkerOptions;
}
