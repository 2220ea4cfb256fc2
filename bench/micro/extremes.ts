import {
  checkTopicBytes,
  decodePublish,
  decodePublishProperties,
  PublishFields,
} from '../../src/codec/publish.js';
import { TopicTrie } from '../../src/validation/topic-trie.js';
import type { MicroTask } from './suite.js';

const FEW = 100;
const PROPERTIES_MANY = 60_000;
const LEVELS_MANY = 32_767;
const USER_PROPERTY = Uint8Array.of(0x26, 0, 1, 0x6b, 0, 1, 0x76);

/**
 * What one User Property and one topic level cost where there are few of them and where there are as many as a Server can
 * send: where both cost the same, the whole takes linear time.
 */
export function extremeTasks(): readonly MicroTask[] {
  return [FEW, PROPERTIES_MANY]
    .flatMap((count) => [scanTask(count), readTask(count)])
    .concat([FEW, LEVELS_MANY].flatMap((levels) => [checkTask(levels), walkTask(levels)]));
}

function scanTask(count: number): MicroTask {
  const body = publishWith(count);
  const fields = new PublishFields();
  return {
    name: `check a User Property, one of ${count}`,
    operations: count,
    run: () => {
      if (decodePublish(body, 0x30, 0, body.length, 5, fields) !== null) throw new Error('refused');
    },
  };
}

function readTask(count: number): MicroTask {
  const body = publishWith(count);
  const start = body.length - count * USER_PROPERTY.length;
  return {
    name: `read a User Property, one of ${count}`,
    operations: count,
    run: () => {
      const { userProperties } = decodePublishProperties(body, start, body.length);
      if (userProperties?.length !== count) throw new Error('some are missing');
    },
  };
}

function checkTask(levels: number): MicroTask {
  const topic = new TextEncoder().encode('a/'.repeat(levels));
  return {
    name: `check a level of a topic, one of ${levels}`,
    operations: levels,
    run: () => {
      if (checkTopicBytes(topic, 0, topic.length) !== null) throw new Error('refused');
    },
  };
}

function walkTask(levels: number): MicroTask {
  const trie = new TopicTrie<number>();
  trie.add('+/'.repeat(levels), 0);
  trie.add('a/'.repeat(levels), 1);
  trie.add('a/#', 2);
  const topicName = 'a/'.repeat(levels);
  let visits = 0;
  const visit = (): void => {
    visits += 1;
  };
  return {
    name: `match a level of a topic, one of ${levels}`,
    operations: levels,
    run: () => {
      visits = 0;
      trie.match(topicName, visit);
      if (visits !== 3) throw new Error('The trie finds other filters');
    },
  };
}

/** The body of a PUBLISH with so many User Properties and nothing behind them. */
function publishWith(count: number): Uint8Array {
  const length = count * USER_PROPERTY.length;
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 7)
    digits.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  const head = Uint8Array.of(0, 1, 0x61, ...digits);
  const body = new Uint8Array(head.length + length);
  body.set(head);
  for (let at = head.length; at < body.length; at += USER_PROPERTY.length)
    body.set(USER_PROPERTY, at);
  return body;
}
