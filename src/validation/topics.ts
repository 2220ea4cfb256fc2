import { FIELD_LENGTH_MAX } from '../codec/packet-types.js';
import { isValidUtf8String, utf8Length } from '../codec/utf8.js';

const SHARE_PREFIX = '$share/';

const NUMBER_SIGN = 0x23;
const PLUS_SIGN = 0x2b;
const SLASH = 0x2f;

/**
 * Anything but printable ASCII without wildcards. Most names have none of it, and for them one pass
 * of native code, measured at half the time of a loop, is all there is to do.
 */
const UNCOMMON = /[^ -"$-*,-~]/;

/** A Shared Subscription taken apart: `$share/{shareName}/{topicFilter}`. */
export interface SharedFilter {
  readonly shareName: string;
  /** The filter that messages are matched against. */
  readonly topicFilter: string;
}

/**
 * What is wrong with a Topic Name that is to be published to, or null when nothing is.
 *
 * A Topic Name has 1…65535 UTF-8 bytes, no U+0000, no lone surrogate and no wildcard characters.
 *
 * @see MQTT 5.0 §4.7.1, §4.7.3
 */
export function topicNameProblem(topicName: unknown): string | null {
  if (typeof topicName !== 'string') return 'must be a string';
  if (topicName.length === 0) return 'must not be empty';
  if (topicName.length > FIELD_LENGTH_MAX) return lengthProblem();
  if (!UNCOMMON.test(topicName)) return null;
  return hasWildcard(topicName) ? 'must not contain wildcards' : unicodeProblem(topicName);
}

/**
 * What is wrong with a Topic Filter that is to be subscribed to, or null when nothing is.
 *
 * `#` stands alone in the last level, `+` alone in any. A filter that begins with `$share/` is a
 * Shared Subscription and has to be a whole one, with MQTT 3.1.1 too: Servers that know shared
 * subscriptions there use the same form.
 *
 * @see MQTT 5.0 §4.7.1, §4.8.2
 */
export function topicFilterProblem(filter: unknown): string | null {
  if (typeof filter !== 'string') return 'must be a string';
  if (filter.length === 0) return 'must not be empty';
  const problem = unicodeProblem(filter);
  if (problem !== null) return problem;
  if (!filter.startsWith(SHARE_PREFIX)) return wildcardProblem(filter, 0);

  const shareNameEnd = filter.indexOf('/', SHARE_PREFIX.length);
  const shareName = filter.slice(
    SHARE_PREFIX.length,
    shareNameEnd === -1 ? filter.length : shareNameEnd,
  );
  if (shareName.length === 0) return 'has an empty share name';
  if (hasWildcard(shareName)) return 'has a wildcard in its share name';
  if (shareNameEnd === -1 || shareNameEnd === filter.length - 1) {
    return 'has nothing after its share name';
  }
  return wildcardProblem(filter, shareNameEnd + 1);
}

/** Takes a Shared Subscription apart; null for a filter that is not shared. Expects a valid filter. */
export function parseSharedFilter(filter: string): SharedFilter | null {
  if (!filter.startsWith(SHARE_PREFIX)) return null;
  const shareNameEnd = filter.indexOf('/', SHARE_PREFIX.length);
  if (shareNameEnd === -1) return null;
  return {
    shareName: filter.slice(SHARE_PREFIX.length, shareNameEnd),
    topicFilter: filter.slice(shareNameEnd + 1),
  };
}

/** Whether a valid Topic Filter, shared or not, contains `#` or `+`. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('#') || filter.includes('+');
}

function unicodeProblem(text: string): string | null {
  // A code unit takes at least one byte: what is longer already is not worth measuring.
  if (text.length > FIELD_LENGTH_MAX) return lengthProblem();
  if (!isValidUtf8String(text)) return 'must not contain U+0000 or lone surrogates';
  return utf8Length(text) > FIELD_LENGTH_MAX ? lengthProblem() : null;
}

function lengthProblem(): string {
  return `must not exceed ${FIELD_LENGTH_MAX} bytes of UTF-8`;
}

function wildcardProblem(filter: string, start: number): string | null {
  const last = filter.length - 1;
  for (let at = start; at <= last; at++) {
    const unit = filter.charCodeAt(at);
    if (unit !== NUMBER_SIGN && unit !== PLUS_SIGN) continue;
    if (at > start && filter.charCodeAt(at - 1) !== SLASH) {
      return 'has a wildcard that is not alone in its level';
    }
    if (at === last) continue;
    if (unit === NUMBER_SIGN) return 'has a # that is not its last character';
    if (filter.charCodeAt(at + 1) !== SLASH) return 'has a wildcard that is not alone in its level';
  }
  return null;
}
