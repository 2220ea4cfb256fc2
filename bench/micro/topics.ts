import { TopicTrie } from '../../src/validation/topic-trie.js';
import { TOPIC_FILTER, topicNames } from '../peers/frames.js';
import { type MicroTask, OPERATIONS } from './suite.js';

/** Which handlers a topic goes to: what a message costs whose topic is not in the cache. */
export function topicTasks(): readonly MicroTask[] {
  const trie = new TopicTrie<number>();
  for (let device = 0; device < 1_000; device += 1) {
    trie.add(`site/north/device-${device}/temperature`, device);
    trie.add(`site/+/device-${device}/#`, device);
  }
  const exact = new TopicTrie<number>();
  exact.add(TOPIC_FILTER, 0);
  return [
    matchTask('match a topic, one filter', exact, topicNames(1)[0]!, 1),
    matchTask('match a topic, two of 2,000 filters', trie, 'site/north/device-500/temperature', 2),
    matchTask('match a topic, none of 2,000 filters', trie, 'site/north/none/temperature', 0),
  ];
}

function matchTask(
  name: string,
  trie: TopicTrie<number>,
  topicName: string,
  matches: number,
): MicroTask {
  let visits = 0;
  const visit = (): void => {
    visits += 1;
  };
  return {
    name,
    run: () => {
      visits = 0;
      for (let operation = 0; operation < OPERATIONS; operation += 1) trie.match(topicName, visit);
      if (visits !== matches * OPERATIONS) throw new Error('The trie finds other filters');
    },
  };
}
