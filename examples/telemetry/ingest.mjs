import { createHistogram } from 'node:perf_hooks';
import { connect } from 'gneiss-mqtt';
import { microseconds } from './clock.mjs';
import { Ledger } from './ledger.mjs';
import { readStamp } from './payloads.mjs';

/** One JSON message in so many is parsed in full; of the others the handler reads the first bytes. */
export const PARSE_EVERY = 16;
/** The publishers hear how far their messages have come once in so many messages, of QoS 0 and of QoS 1. */
const TELL_EVERY = [4096, 64];

/** The ingesting client, and what it has seen. */
export class Ingest {
  client = null;
  /** Messages that arrived, duplicates included. */
  received = 0;
  bytes = 0;
  /** Latency in microseconds of the messages since `measureLatency()`; null before. */
  latency = null;
  /** What a user interface would show: the latest JSON value of each topic. */
  latest = new Map();
  /** Per publisher: a ledger for QoS 0 and one for QoS 1. */
  ledgers;
  #jsonCount = 0;
  #untold = [0, 0];
  #stamp = { publisher: 0, sequence: 0, sentAt: 0, isJson: false };
  #tell;

  /** @param tell Called now and then with how far the messages have come, per publisher and QoS. */
  constructor(publishers, tell) {
    this.ledgers = Array.from({ length: publishers }, () => [new Ledger(), new Ledger()]);
    this.#tell = tell;
  }

  async start(url, root) {
    this.client = await connect(url, {
      clientId: `${root}-ingest`.replace('/', '-'),
      // The broker keeps QoS 1 messages for a client that has to connect again.
      sessionExpiryInterval: 60,
      reconnectDelayMinMs: 100,
    });
    await this.client.subscribe(`${root}/#`, { qos: 1 }, (message) => this.#handle(message));
  }

  measureLatency() {
    this.latency = createHistogram();
  }

  #handle(message) {
    const stamp = this.#stamp;
    const bytes = message.payload;
    const ledgers = readStamp(bytes, stamp) ? this.ledgers[stamp.publisher] : undefined;
    if (ledgers === undefined) throw new Error(`a damaged message on ${message.topicName}`);
    const { qos } = message;
    this.received++;
    this.bytes += bytes.length;
    ledgers[qos].add(stamp.sequence);
    if (this.latency !== null) {
      this.latency.record(Math.max(1, Math.round(microseconds() - stamp.sentAt)));
    }
    if (stamp.isJson && ++this.#jsonCount % PARSE_EVERY === 0) {
      const value = message.json();
      if (value.sequence !== stamp.sequence) throw new Error(`wrong JSON on ${message.topicName}`);
      this.latest.set(message.topicName, value);
    }
    if (++this.#untold[qos] >= TELL_EVERY[qos]) this.tell();
  }

  /** Tells the publishers how far their messages have come. */
  tell() {
    this.#untold = [0, 0];
    this.#tell(this.ledgers.map((ledgers) => ledgers.map(({ reached }) => reached)));
  }

  /** Different messages that arrived, and duplicates, of one QoS. */
  total(qos) {
    let received = 0;
    let duplicates = 0;
    for (const ledgers of this.ledgers) {
      received += ledgers[qos].received;
      duplicates += ledgers[qos].duplicates;
    }
    return { received, duplicates };
  }
}
