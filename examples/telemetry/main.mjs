/*
 * The telemetry demo that `npm start` runs. Three processes, so that none takes time from another's event loop:
 *   this one        one MqttClient that ingests everything, and a ticker as a user interface would have it
 *   publisher.mjs   the publishing clients
 *   the broker      the embedded one, or whatever --broker names
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startBrokerProcess } from 'gneiss-mqtt/testing';
import * as display from './display.mjs';
import { HELP, readFlags } from './flags.mjs';
import { Ingest, PARSE_EVERY } from './ingest.mjs';
import { Publishers } from './publishers.mjs';
import { Pulse } from './pulse.mjs';
import { showResults } from './results.mjs';

/** Node compiles what runs often; until then it is slow. */
const WARM_UP_SECONDS = 1;
const START_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2000;
/** When the publishers have stopped: how long to wait without seeing another message, and in all. */
const QUIET_MS = 1000;
const DRAIN_MAX_MS = 5000;
/** How long a connection may be gone. Another broker may come back, the embedded one does not. */
const RECONNECT_MS = 5000;
const GONE_MS = 300;
/** Bounds of the whole: beyond the time that was asked for, and after Ctrl-C. */
const WATCHDOG_MS = 25_000;
const INTERRUPTED_MAX_MS = 5000;

const flags = readFlagsOrExit();
const root = `gneiss-demo/${randomBytes(4).toString('hex')}`;
const phases = [];
const ingest = new Ingest(flags.publishers, (counts) =>
  publishers?.tell({ kind: 'arrived', counts }),
);
let broker = null;
let publishers = null;
let disconnections = 0;
let waitingFor = '';
let interrupted = false;
let closing = false;
/** Rejects as soon as something breaks; see `within`. */
let fail = () => {};
const broken = new Promise((_, reject) => {
  fail = reject;
});
broken.catch(() => {});

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interrupt);
// Nobody reads the output any more.
process.stdout.on('error', interrupt);
setTimeout(() => giveUp(1), flags.seconds * 1000 + WATCHDOG_MS).unref();

try {
  await start();
  await run({ name: 'warm-up, not in the table', rate: 0, seconds: WARM_UP_SECONDS });
  const parts = [
    { name: 'as fast as it goes', rate: 0, seconds: flags.seconds / 2 },
    { name: `paced, ${display.whole(flags.rate)}/s`, rate: flags.rate, seconds: flags.seconds / 2 },
  ];
  for (const part of parts) {
    if (!interrupted) phases.push(await run(part));
  }
  process.exitCode = showResults({ phases, totals: totals(), disconnections, interrupted });
  await close();
} catch (error) {
  display.endLine();
  console.error(`telemetry: ${error.message}`);
  process.exitCode = interrupted ? 0 : 1;
  publishers?.kill();
  ingest.client?.destroy();
  await Promise.race([broker?.close(), delay(CLOSE_TIMEOUT_MS)]);
  process.exit();
}

function readFlagsOrExit() {
  try {
    const read = readFlags(process.argv.slice(2));
    if (!read.help) return read;
    console.log(HELP);
    process.exit(0);
  } catch (error) {
    console.error(`telemetry: ${error.message}\nTry --help.`);
    process.exit(2);
  }
}

async function start() {
  if (flags.broker === null) {
    // A broker that drops QoS 0 messages when it is behind would spoil the count.
    broker = await within('starting the broker', startBrokerProcess({ qos0Overflow: 'pause' }));
  }
  const url = flags.broker ?? broker.url;
  display.print(
    `gneiss-mqtt telemetry, Node ${process.version}, ${availableParallelism()} cores. Ctrl-C ends it.`,
  );
  display.print(
    `  broker      ${broker === null ? url : `embedded, in a process of its own: ${url}`}`,
  );
  display.print(
    `  publishers  ${flags.publishers}, in a process of their own, ${flags.publishers * 16} topics`,
  );
  display.print(
    `  messages    ${flags.payload} bytes; of 16, 11 are binary and 5 JSON, 14 have QoS 0 and 2 QoS 1`,
  );
  display.print(
    `  ingest      one MqttClient; its handler reads the head of each message, and parses 1 of ${PARSE_EVERY} JSON`,
  );
  await within(`connecting to ${url}`, ingest.start(url, root));
  watch(ingest.client);
  publishers = new Publishers({ failed: fail, disconnected: () => disconnections++ });
  const task = { kind: 'connect', url, root, publishers: flags.publishers, payload: flags.payload };
  await within('connecting the publishers', publishers.ask(task, 'connected'));
}

function watch(client) {
  let gone;
  client.on('disconnection', ({ error }) => {
    if (interrupted || closing) return;
    disconnections++;
    const lost = new Error(`the connection to the broker was lost: ${error.message}`);
    clearTimeout(gone);
    gone = setTimeout(() => fail(lost), broker === null ? RECONNECT_MS : GONE_MS);
  });
  client.on('connectionSuccess', () => clearTimeout(gone));
  client.on('handlerError', ({ cause }) => fail(cause));
  client.on('closed', (error) => error !== null && fail(error));
}

/** One part of the run: the publishers send for a while, then what is on its way is waited for. */
async function run({ name, rate, seconds }) {
  display.print();
  display.print(`${name}:`);
  const before = snapshot();
  if (rate > 0) ingest.measureLatency();
  const pulse = new Pulse();
  const stopProgress = showProgress(pulse);
  const published = publishers.publish(seconds, rate);
  await within('publishing', published, seconds * 1000 + START_TIMEOUT_MS);
  const after = snapshot();
  stopProgress();
  const vitals = pulse.stop();
  await drain();
  const drained = snapshot();
  const { latency } = ingest;
  ingest.latency = null;
  return {
    name,
    seconds: (after.time - before.time) / 1000,
    sent: after.sent - before.sent,
    received: drained.received - before.received,
    receivedInTime: after.received - before.received,
    bytesInTime: after.bytes - before.bytes,
    latency,
    ...vitals,
  };
}

function showProgress(pulse) {
  const begin = performance.now();
  let last = snapshot();
  const timer = setInterval(() => {
    const now = snapshot();
    display.progress({
      seconds: (now.time - begin) / 1000,
      sent: publishers.rate,
      received: ((now.received - last.received) * 1000) / (now.time - last.time),
      utilization: pulse.lap(),
      stall: pulse.stall,
    });
    last = now;
  }, display.LINE_EVERY_MS);
  return () => {
    clearInterval(timer);
    display.endLine();
  };
}

/** Waits until everything that was sent has arrived, or nothing arrives any more. */
async function drain() {
  const end = performance.now() + DRAIN_MAX_MS;
  let last = snapshot();
  for (let quietFrom = last.time; last.time < end && last.time < quietFrom + QUIET_MS; ) {
    if (totals().every(({ lost }) => lost === 0)) return;
    if (interrupted && ingest.client.state !== 'connected') return;
    ingest.tell();
    await within('waiting for messages on their way', delay(20));
    const now = snapshot();
    if (now.received > last.received) quietFrom = now.time;
    last = now;
  }
}

function snapshot() {
  const sent = publishers.sent(0) + publishers.sent(1);
  return { time: performance.now(), sent, received: ingest.received, bytes: ingest.bytes };
}

/** What became of all messages, per QoS. */
function totals() {
  return [0, 1].map((qos) => {
    const sent = publishers.sent(qos);
    const { received, duplicates } = ingest.total(qos);
    return { sent, received, duplicates, lost: sent - received };
  });
}

async function close() {
  closing = true;
  await publishers.close(CLOSE_TIMEOUT_MS);
  await within('closing the client', ingest.client.close({ timeoutMs: CLOSE_TIMEOUT_MS }));
  await within('closing the broker', broker?.close());
}

/** Ends the run early: with the table of what there is, if there is something. */
function interrupt() {
  if (interrupted) return;
  interrupted = true;
  setTimeout(() => giveUp(0), INTERRUPTED_MAX_MS).unref();
  if (publishers === null || publishers.counts.length === 0)
    fail(new Error('interrupted before anything was sent'));
  else publishers.tell({ kind: 'stop' });
}

/** Waits for something, but neither for ever nor when something else has broken. */
async function within(what, promise, timeoutMs = START_TIMEOUT_MS) {
  waitingFor = what;
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(
    () => {
      throw new Error(`${what} takes longer than ${timeoutMs / 1000} s`);
    },
    () => new Promise(() => {}),
  );
  try {
    return await Promise.race([promise, broken, late]);
  } finally {
    timer.abort();
  }
}

/** The last resort: whatever hangs, the demo ends. */
function giveUp(exitCode) {
  display.endLine();
  console.error(`telemetry: ${waitingFor} takes too long; giving up`);
  publishers?.kill();
  process.exit(exitCode);
}
