import { createChannelMemory, DELIVERY } from '../../src/channel/layout.js';
import { Message, type MessageOwner } from '../../src/client/message.js';
import { topicNames } from '../peers/frames.js';
import { type MicroTask, OPERATIONS } from './suite.js';

const PAYLOAD_BYTES = 128;

/** A message made of its record, as a handler gets it. */
export function messageTasks(): readonly MicroTask[] {
  const memory = createChannelMemory({
    submissionRecords: 2,
    completionRecords: 2,
    deliveryRecords: 2,
    acknowledgementRecords: 2,
    inboundSegments: 1,
    outboundSegments: 1,
    segmentBytes: 4_096,
  });
  const owner: MessageOwner = {
    memory,
    releaseMessage: () => undefined,
    acknowledge: () => undefined,
  };
  const record = new Int32Array(Object.keys(DELIVERY).length);
  record[DELIVERY.length] = PAYLOAD_BYTES;
  const topicName = topicNames(1)[0]!;
  const make = (): Message => new Message(topicName, record, 0, owner);
  return [
    task('make a message', make, ({ topicName: { length } }) => length),
    task('make a message and view its payload, 128 bytes', make, ({ payload }) => payload.length),
    task('make a message and copy its payload, 128 bytes', make, (it) => it.copy().length),
  ];
}

function task(name: string, make: () => Message, use: (message: Message) => number): MicroTask {
  // Out of a compiler's sight, or it would not make the messages at all.
  const kept = new Array<Message>(OPERATIONS);
  return {
    name,
    run: () => {
      let sum = 0;
      for (let operation = 0; operation < OPERATIONS; operation += 1) {
        const message = make();
        kept[operation] = message;
        sum += use(message);
      }
      if (sum === 0) throw new Error('The messages are empty');
    },
  };
}
