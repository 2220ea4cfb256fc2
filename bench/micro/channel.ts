import { createChannelMemory, SUBMISSION } from '../../src/channel/layout.js';
import { RingConsumer, RingProducer } from '../../src/channel/ring.js';
import { type MicroTask, OPERATIONS } from './suite.js';

/** Records through a ring, written and read by one thread: the cost without the wait for a cache line. */
export function channelTasks(): readonly MicroTask[] {
  const memory = createChannelMemory({
    submissionRecords: OPERATIONS,
    completionRecords: 2,
    deliveryRecords: 2,
    acknowledgementRecords: 2,
    inboundSegments: 1,
    outboundSegments: 1,
    segmentBytes: 64,
  });
  const producer = new RingProducer(memory, 'submission');
  const consumer = new RingConsumer(memory, 'submission');
  const { words } = memory;
  return [
    {
      name: 'write and read a ring record, eight words',
      run: () => {
        for (let operation = 0; operation < OPERATIONS; operation += 1) {
          const record = producer.reserve();
          for (let word = 0; word < 8; word += 1) words[record + word] = operation;
          producer.commit();
        }
        producer.publish();
        let sum = 0;
        for (let record = consumer.next(); record !== -1; record = consumer.next()) {
          sum += words[record + SUBMISSION.token]!;
          consumer.advance();
        }
        consumer.release();
        if (sum === 0) throw new Error('The ring is empty');
      },
    },
  ];
}
