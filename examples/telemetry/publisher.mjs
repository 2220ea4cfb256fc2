import { setPriority } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { connect } from 'gneiss-mqtt';
import { microseconds } from './clock.mjs';
import { makeBinary, makeJson, stamp } from './payloads.mjs';

/*
 * The process of the publishers. main.mjs forks it and tells it what to do:
 *   connect { url, root, publishers, payload }   answered by `connected`
 *   publish { seconds, rate }                    answered by `sent` now and then, and by `done`
 *   arrived { counts }                           how far the messages have come, per publisher and QoS
 *   stop, close
 * It ends when told to, or when main.mjs is gone.
 */

const BURST = 64;
/**
 * Messages between this process and the ingesting client, over all publishers: QoS 0 and QoS 1. A broker in between has to hold
 * them; Mosquitto as it comes drops what a subscriber has waiting beyond 1000 messages of QoS 1.
 */
const UNDERWAY_MAX = [32_768, 800];
/** When nothing of a publisher arrives for so long, what it has underway is taken for lost. */
const PATIENCE_MS = 1000;
const MACHINES = 4;
/** Of 16 messages, ten are vibration, four are temperature, and one each is energy and state. */
const PATTERN = [0, 0, 1, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 1, 0, 3];

/** The publishers stand for devices elsewhere: on this machine they give way to what they are here to load. */
setPriority(10);

let stopped = false;
let publishers = [];

class Publisher {
  #client;
  #signals;
  #window;
  #count = 0;
  #arrival = null;
  /** Messages sent, and how far they have come: per QoS. */
  sent = [0, 0];
  arrived = [0, 0];

  constructor(client, number, { root, publishers, payload }) {
    this.#client = client;
    this.#window = UNDERWAY_MAX.map((max) => Math.max(1, Math.floor(max / publishers)));
    this.#signals = Array.from({ length: MACHINES }, (_, machine) =>
      signalsOf(`${root}/line-${number}/machine-${machine}`, number, payload),
    );
  }

  /** Publishes for so many seconds; `rate` messages a second, or as fast as they are taken when it is 0. */
  async publish(seconds, rate) {
    const start = microseconds();
    const end = start + seconds * 1e6;
    for (let count = 0; !stopped; ) {
      const now = microseconds();
      if (now >= end) return;
      const dueCount = rate === 0 ? Infinity : ((now - start) * rate) / 1e6;
      const last = Math.min(count + BURST, dueCount);
      while (count < last) {
        // With a rate the time that counts is when the message should have been sent: a delay here is a delay, too.
        const sentAt = rate === 0 ? now : start + (count * 1e6) / rate;
        if (!this.#hasRoom(0)) await this.#waitForArrivals();
        else if (this.#send(sentAt)) count++;
        else await this.#client.ready();
        if (stopped) return;
      }
      if (rate === 0 || last < dueCount) await setImmediate();
      else await setTimeout(1);
    }
  }

  /** So many have arrived, per QoS. What was given up as lost stays given up. */
  update(counts) {
    for (const [qos, count] of counts.entries()) {
      if (count <= this.arrived[qos]) continue;
      this.arrived[qos] = count;
      this.#arrival?.resolve();
    }
  }

  async close() {
    await this.#client.close();
  }

  #send(sentAt) {
    const signals = this.#signals[(this.#count >>> 4) % MACHINES];
    const planned = signals[PATTERN[this.#count % PATTERN.length]];
    const { topic, payload, options } = this.#hasRoom(planned.options.qos) ? planned : signals[0];
    stamp(payload, this.sent[options.qos], sentAt);
    if (!this.#client.tryPublish(topic, payload, options)) return false;
    this.sent[options.qos]++;
    this.#count++;
    return true;
  }

  #hasRoom(qos) {
    return this.sent[qos] - this.arrived[qos] < this.#window[qos];
  }

  async #waitForArrivals() {
    const timeout = new AbortController();
    const news = new Promise((resolve) => {
      this.#arrival = { resolve };
    });
    const late = setTimeout(PATIENCE_MS, 'late', { signal: timeout.signal }).catch(() => {});
    if ((await Promise.race([news, late])) === 'late') this.arrived = [...this.sent];
    timeout.abort();
    this.#arrival = null;
  }
}

function signalsOf(topic, publisher, length) {
  const json = (readings) => makeJson(publisher, length, readings);
  return [
    { name: 'vibration', payload: makeBinary(publisher, length), qos: 0 },
    { name: 'temperature', payload: json({ celsius: 21.53, humidity: 40.8 }), qos: 0 },
    { name: 'energy', payload: makeBinary(publisher, length), qos: 1 },
    { name: 'state', payload: json({ state: 'running', rpm: 1480 }), qos: 1 },
  ].map(({ name, payload, qos }) => ({ topic: `${topic}/${name}`, payload, options: { qos } }));
}

async function connectAll(task) {
  publishers = await Promise.all(
    Array.from({ length: task.publishers }, async (_, number) => {
      const client = await connect(task.url, {
        clientId: `${task.root}-pub-${number}`.replace('/', '-'),
      });
      client.on('disconnection', () => tell({ kind: 'disconnection' }));
      return new Publisher(client, number, task);
    }),
  );
  tell({ kind: 'connected' });
}

async function publishAll({ seconds, rate }) {
  stopped = false;
  const report = setInterval(() => tell({ kind: 'sent', ...progress() }), 100);
  try {
    await Promise.all(publishers.map((one) => one.publish(seconds, rate / publishers.length)));
  } finally {
    clearInterval(report);
  }
  tell({ kind: 'done', ...progress() });
}

function progress() {
  return { time: microseconds(), counts: publishers.map(({ sent }) => sent) };
}

function tell(message) {
  if (process.connected) process.send(message);
}

async function obey(task) {
  switch (task.kind) {
    case 'connect':
      return connectAll(task);
    case 'publish':
      return publishAll(task);
    case 'arrived':
      for (const [number, publisher] of publishers.entries()) publisher.update(task.counts[number]);
      return;
    case 'stop':
      stopped = true;
      return;
    case 'close':
      await Promise.all(publishers.map((one) => one.close()));
      process.exit();
  }
}

process.on('message', (task) => {
  obey(task).catch((error) => tell({ kind: 'problem', message: error.message }));
});
// Ctrl-C in a terminal reaches all its processes; main.mjs decides what it means.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
