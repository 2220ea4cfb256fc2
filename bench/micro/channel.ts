import { Doorbell } from '../../src/channel/doorbell.js';
import { type ChannelMemory, createChannelMemory, SUBMISSION } from '../../src/channel/layout.js';
import { RingConsumer, RingProducer } from '../../src/channel/ring.js';
import { SegmentOwner, SegmentReleaser } from '../../src/channel/segments.js';
import { type MicroTask, OPERATIONS } from './suite.js';

/** What passes between the threads, done by one thread: the cost without the wait for a cache line. */
export function channelTasks(): readonly MicroTask[] {
  const memory = createChannelMemory({
    submissionRecords: OPERATIONS,
    completionRecords: 2,
    deliveryRecords: 2,
    acknowledgementRecords: 2,
    inboundSegments: 4,
    outboundSegments: 4,
    segmentBytes: 64,
  });
  return [ringTask(memory), segmentTask(memory), bellTask(memory)];
}

function ringTask(memory: ChannelMemory): MicroTask {
  const producer = new RingProducer(memory, 'submission');
  const consumer = new RingConsumer(memory, 'submission');
  const { words } = memory;
  return {
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
  };
}

function segmentTask(memory: ChannelMemory): MicroTask {
  const owner = new SegmentOwner(memory, 'inbound');
  const releaser = new SegmentReleaser(memory, 'inbound');
  return {
    name: 'acquire, lease, seal and release a segment',
    run: () => {
      for (let operation = 0; operation < OPERATIONS; operation += 1) {
        const segment = owner.acquire(1);
        owner.lease(segment);
        const generation = owner.generation(segment);
        owner.seal(segment);
        releaser.release(segment, generation);
      }
    },
  };
}

function bellTask(memory: ChannelMemory): MicroTask {
  let posts = 0;
  const port = {
    postMessage: () => {
      posts += 1;
    },
  };
  const worker = new Doorbell(memory, 'worker', port);
  const main = new Doorbell(memory, 'main', port);
  return {
    name: 'fall asleep, be rung awake, without the post',
    run: () => {
      posts = 0;
      for (let operation = 0; operation < OPERATIONS; operation += 1) {
        worker.sleep();
        main.ring();
      }
      if (posts !== OPERATIONS) throw new Error('A bell was not rung');
    },
  };
}
