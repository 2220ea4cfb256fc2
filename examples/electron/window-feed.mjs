/** Topics that wait for one window, at most. */
const TOPICS_MAXIMUM = 10_000;

/**
 * What one window is to draw next. The window asks by the message 'next' when it has drawn what it got, and is sent one message that
 * has everything new in it. Until then a newer value of a topic takes the place of the older one: a window that is slow, or hidden and
 * does not draw at all, costs the latest value of each topic, and holds up neither the connection nor other windows.
 */
export class WindowFeed {
  #port;
  #topics;
  /** The latest value of each topic, in the order in which they came. */
  #values = new Map();
  /** Values that the window has not seen, because a newer one came first or there were too many topics. */
  #skipped = 0;
  #connected = false;
  #isNews = false;
  #isAsked = false;

  /**
   * @param port The port, as Electron gives it to the utility process.
   * @param topics What the topics that the window may see begin with.
   * @param closed Called when the window is gone, or has loaded its page again.
   */
  constructor(port, topics, closed) {
    this.#port = port;
    this.#topics = topics;
    port.on('message', ({ data }) => {
      if (data === 'next') this.#ask();
    });
    port.on('close', closed);
    port.start();
  }

  /** Takes note of messages. Their leases may end afterwards. */
  take(batch) {
    // Only what is still the latest at the end of the batch is copied.
    const latest = new Map();
    for (const message of batch) {
      const { topicName } = message;
      if (!this.#topics.some((topic) => topicName.startsWith(topic))) continue;
      if (latest.delete(topicName)) this.#skipped++;
      latest.set(topicName, message);
    }
    for (const [topicName, message] of latest) {
      // To its new place in the order.
      if (this.#values.delete(topicName)) this.#skipped++;
      // A copy, since memory is not shared between processes: a view of it can not be sent.
      this.#values.set(topicName, message.copy());
    }
    for (const topicName of this.#values.keys()) {
      if (this.#values.size <= TOPICS_MAXIMUM) break;
      this.#values.delete(topicName);
      this.#skipped++;
    }
    if (latest.size > 0) this.#send();
  }

  /** Takes note of whether there is a connection to the broker. */
  tell(connected) {
    this.#connected = connected;
    this.#send();
  }

  #ask() {
    this.#isAsked = true;
    if (this.#isNews) this.#send();
  }

  #send() {
    this.#isNews = true;
    if (!this.#isAsked) return;
    this.#port.postMessage({
      connected: this.#connected,
      values: [...this.#values],
      skipped: this.#skipped,
    });
    this.#values.clear();
    this.#skipped = 0;
    this.#isNews = false;
    this.#isAsked = false;
  }
}
