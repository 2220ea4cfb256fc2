import type { OpeningStage, TransportEvents } from '../../src/transport/transport.js';
import { Gate } from './inline-client.js';
import { Inbox } from './scripted-server.js';

/** Records what a transport tells, and reads into one shared buffer. */
export class TransportRecorder implements TransportEvents {
  readonly memory = new Uint8Array(new SharedArrayBuffer(1024));
  readonly trace: string[] = [];
  readonly stages: OpeningStage[] = [];
  readonly bytes = new Inbox<Uint8Array>();
  readonly isOpen = new Gate();
  readonly flushes = new Inbox<null>();
  readonly end = new Gate<Error | null>();
  mayRead = true;

  opening(stage: OpeningStage): void {
    this.stages.push(stage);
  }

  opened(): void {
    this.trace.push('opened');
    this.isOpen.open();
  }

  buffer(): Uint8Array {
    return this.memory;
  }

  received(length: number): boolean {
    this.trace.push('received');
    this.bytes.push(Uint8Array.from(this.memory.subarray(0, length)));
    return this.mayRead;
  }

  receivedChunk(chunk: Uint8Array): boolean {
    this.trace.push('receivedChunk');
    this.bytes.push(Uint8Array.from(chunk));
    return this.mayRead;
  }

  flushed(): void {
    this.trace.push('flushed');
    this.flushes.push(null);
  }

  closed(error: Error | null): void {
    this.trace.push('closed');
    this.end.open(error);
  }
}
