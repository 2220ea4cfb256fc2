/**
 * What a message says. One that can not be read is put aside with the reason instead of thrown over: the broker would send it again
 * for ever, and nothing that comes after it would be stored.
 */
export function readingOf(message) {
  const { topicName } = message;
  try {
    const { sequence, time, value } = message.json();
    if (!Number.isSafeInteger(sequence)) throw new TypeError('sequence must be an integer');
    if (!Number.isSafeInteger(time)) throw new TypeError('time must be milliseconds');
    if (!Number.isFinite(value)) throw new TypeError('value must be a number');
    return { device: topicName.split('/')[1], sequence, time, value };
  } catch (error) {
    // A copy: the payload is a view of memory that is used again after the acknowledgement.
    return { topicName, payload: message.copy(), reason: error.message };
  }
}
