/**
 * One level of the filters in the trie. `#` ends a filter, so what would be its node is only a
 * bucket on its parent. Buckets map a value to the number of its addition, which orders visits.
 *
 *     sport ──► tennis ──► (#) {value}          sport/tennis/#
 *           └─► (+) ─────► score {value}        sport/+/score
 */
class Level<T> {
  named: Map<string, Level<T>> | null = null;
  plus: Level<T> | null = null;
  /** Values of the filters that end in this level. */
  values: Map<T, number> | null = null;
  /** Values of the filters that end in `#` below this level; they match this level as well. */
  rest: Map<T, number> | null = null;

  get empty(): boolean {
    return this.named === null && this.plus === null && this.values === null && this.rest === null;
  }
}

/**
 * Finds the values whose Topic Filter matches a Topic Name.
 *
 * Filters are expected to be valid; a Shared Subscription is added by the filter behind its share
 * name. The cost of a match is linear in the topic and in the levels of those filters that match a
 * beginning of it, however deep: nothing recurses.
 *
 * @see MQTT 5.0 §4.7
 */
export class TopicTrie<T> {
  readonly #root = new Level<T>();
  #size = 0;
  #additions = 0;

  /** How many pairs of filter and value are in the trie. */
  get size(): number {
    return this.#size;
  }

  /** Adds a value under a filter. Adding the same pair again changes nothing. */
  add(topicFilter: string, value: T): void {
    let level = this.#root;
    for (let start = 0; start <= topicFilter.length; ) {
      const end = levelEnd(topicFilter, start);
      const name = topicFilter.slice(start, end);
      if (name === '#') {
        level.rest ??= new Map();
        this.#insert(level.rest, value);
        return;
      }
      level = name === '+' ? plusOf(level) : namedOf(level, name);
      start = end + 1;
    }
    level.values ??= new Map();
    this.#insert(level.values, value);
  }

  /** Takes a value away from a filter, and the levels that only it needed. False when it was not there. */
  delete(topicFilter: string, value: T): boolean {
    const path: Level<T>[] = [this.#root];
    const names: string[] = [];
    for (let start = 0; start <= topicFilter.length; ) {
      const end = levelEnd(topicFilter, start);
      const name = topicFilter.slice(start, end);
      if (name === '#') break;
      const level = path.at(-1)!;
      const next = name === '+' ? level.plus : level.named?.get(name);
      if (next === null || next === undefined) return false;
      path.push(next);
      names.push(name);
      start = end + 1;
    }
    if (!removeValue(path.at(-1)!, topicFilter, value)) return false;
    this.#size--;
    prune(path, names);
    return true;
  }

  /**
   * Visits every value with a matching filter, in the order in which the pairs were added. A value
   * under several matching filters is visited once for each. The matches are taken before the first
   * visit: a visitor may change the trie.
   */
  match(topicName: string, visit: (value: T) => void): void {
    const matches: Match<T>[] = [];
    let levels: Level<T>[] = [this.#root];
    for (let start = 0; start <= topicName.length && levels.length > 0; ) {
      const end = levelEnd(topicName, start);
      const name = topicName.slice(start, end);
      // A wildcard in the first level does not match a topic that begins with `$` [MQTT-4.7.2-1].
      const wildcards = start > 0 || !name.startsWith('$');
      const below: Level<T>[] = [];
      for (const level of levels) {
        if (wildcards) collect(level.rest, matches);
        const named = level.named?.get(name);
        if (named !== undefined) below.push(named);
        if (wildcards && level.plus !== null) below.push(level.plus);
      }
      levels = below;
      start = end + 1;
    }
    for (const level of levels) {
      collect(level.values, matches);
      collect(level.rest, matches);
    }
    if (matches.length > 1) matches.sort((a, b) => a.addition - b.addition);
    for (const { value } of matches) visit(value);
  }

  #insert(bucket: Map<T, number>, value: T): void {
    if (bucket.has(value)) return;
    bucket.set(value, this.#additions++);
    this.#size++;
  }
}

interface Match<T> {
  readonly value: T;
  readonly addition: number;
}

function levelEnd(topic: string, start: number): number {
  const slash = topic.indexOf('/', start);
  return slash === -1 ? topic.length : slash;
}

function plusOf<T>(level: Level<T>): Level<T> {
  level.plus ??= new Level();
  return level.plus;
}

function namedOf<T>(level: Level<T>, name: string): Level<T> {
  level.named ??= new Map();
  let next = level.named.get(name);
  if (next === undefined) {
    next = new Level();
    level.named.set(name, next);
  }
  return next;
}

function collect<T>(bucket: Map<T, number> | null, matches: Match<T>[]): void {
  if (bucket === null) return;
  for (const [value, addition] of bucket) matches.push({ value, addition });
}

function removeValue<T>(level: Level<T>, topicFilter: string, value: T): boolean {
  const rest = topicFilter === '#' || topicFilter.endsWith('/#');
  const bucket = rest ? level.rest : level.values;
  if (bucket === null || !bucket.delete(value)) return false;
  if (bucket.size > 0) return true;
  if (rest) level.rest = null;
  else level.values = null;
  return true;
}

/** Drops the levels that hold nothing any more, from the deepest upwards. */
function prune<T>(path: readonly Level<T>[], names: readonly string[]): void {
  for (let depth = names.length; depth > 0 && path[depth]!.empty; depth--) {
    const parent = path[depth - 1]!;
    const name = names[depth - 1]!;
    if (name === '+') parent.plus = null;
    else {
      parent.named!.delete(name);
      if (parent.named!.size === 0) parent.named = null;
    }
  }
}
