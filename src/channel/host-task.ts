import type { MessagePort } from 'node:worker_threads';
import type { WorkerOptions } from '../options/schema.js';
import type { ControlEvent, ControlRequest } from './control-messages.js';
import type { BELL } from './doorbell.js';
import type { ChannelConfig } from './layout.js';

/** What the host of one client is made of. */
export interface HostTask {
  readonly buffer: SharedArrayBuffer;
  readonly config: ChannelConfig;
  readonly options: WorkerOptions;
}

/** A task as it is posted: of its options those that are not the defaults. */
export interface PostedTask extends Omit<HostTask, 'options'> {
  readonly options: Partial<WorkerOptions>;
}

/** What a thread gets that is to run hosts. */
export interface ThreadTask {
  /** Options of every client, where its own do not say otherwise. */
  readonly defaults: WorkerOptions;
  /** The only one between the two threads: all clients share it. Closed when nothing more is to run. */
  readonly port: MessagePort;
  /** On the thread of the caller tasks are handed over here, as options may hold what can not be posted. */
  readonly tasks: Map<number, HostTask> | null;
}

/** Main thread to the thread of the hosts. A bare number is the bell of that client. */
export type ThreadRequest =
  | number
  /** A client begins, and asks for something at once, or nothing. Its task is null where it was handed over. */
  | {
      readonly client: number;
      readonly task: PostedTask | null;
      readonly request: ControlRequest | null;
    }
  /** Null: the client is gone, and its host lets go of everything without a word. */
  | { readonly client: number; readonly request: ControlRequest | null };

/** The thread of the hosts to the main thread. A bare number is the bell of that client. */
export type ThreadEvent =
  | number
  | { readonly client: number; readonly event: ControlEvent; readonly isLast: boolean }
  /** There is no host any more, and it had no last word. */
  | { readonly client: number; readonly failure: unknown };

/** What the main thread says to a host. */
export interface PortToHost {
  postMessage(message: ControlRequest | typeof BELL): void;
  /** Nothing more is said, and nothing is listened to. */
  close(): void;
}

/** What a host says to the main thread. */
export interface PortToClient {
  /** Tells what comes from now on, in the place of who listened before; at once that the client is gone, if it is. */
  listen(listener: HostListener): void;
  postMessage(message: ControlEvent | typeof BELL): void;
  /** Says the last word, if the client is not gone. */
  close(event: ControlEvent): void;
  /**
   * Takes the next message off the port before its event comes, for whichever client it is.
   *
   * @returns Whether there was one.
   */
  fetch(): boolean;
}

/** What a host hears. */
export interface HostListener {
  /** @param isFetched It comes in the midst of a turn, of this host or another: it is to be handled now, and a turn taken later. */
  received(message: ControlRequest | typeof BELL, isFetched: boolean): void;
  /** The client is gone. */
  gone(): void;
}
