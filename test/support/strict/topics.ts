import type { Cursor } from './cursor.js';
import type { RuleName } from './rules.js';

const SHARE = '$share/';

export function isShared(topicFilter: string): boolean {
  return topicFilter.startsWith(SHARE);
}

export function hasWildcard(topic: string): boolean {
  return topic.includes('+') || topic.includes('#');
}

/** Notes what a Topic Filter breaks; `knowsShares` in MQTT 5 only. */
export function judgeFilter(cursor: Cursor, topicFilter: string, knowsShares: boolean): void {
  if (topicFilter === '') {
    cursor.note('filterEmpty');
    return;
  }
  if (!knowsShares || !isShared(topicFilter)) {
    judgeLevels(cursor, topicFilter);
    return;
  }
  const [shareName = '', ...levels] = topicFilter.slice(SHARE.length).split('/');
  cursor.demand(shareName !== '', 'shareNameMissing');
  cursor.demand(!hasWildcard(shareName), 'shareNameInvalid');
  const rest = levels.join('/');
  if (rest === '') cursor.note('shareNameInvalid');
  else judgeLevels(cursor, rest);
}

function judgeLevels(cursor: Cursor, topicFilter: string): void {
  const levels = topicFilter.split('/');
  for (const [index, level] of levels.entries()) {
    const isLast = index === levels.length - 1;
    if (level.includes('#')) cursor.demand(level === '#' && isLast, 'filterMultiLevel');
    if (level.includes('+')) cursor.demand(level === '+', 'filterSingleLevel');
  }
}

/** Notes what a topic that names one topic breaks, by the rules of where it stands. */
export function judgeName(cursor: Cursor, topic: string, empty: RuleName, wild: RuleName): void {
  cursor.demand(topic !== '', empty);
  cursor.demand(!hasWildcard(topic), wild);
}
