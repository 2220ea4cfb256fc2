import { expect, test } from 'vitest';
import type { ControlEvent } from '../../src/channel/control-messages.js';
import { BELL } from '../../src/channel/doorbell.js';
import type { HostTask, PortToHost, ThreadTask } from '../../src/channel/host-task.js';
import { HostThreads } from '../../src/client/host-threads.js';
import { openHost } from '../../src/client/open-host.js';
import type { MqttError } from '../../src/errors/mqtt-error.js';
import { runHosts } from '../../src/host/hosts.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { smallMemory } from '../channel/support.js';
import { Gate } from '../support/gate.js';
import { Inbox } from '../support/scripted-server.js';

const STOPPED: ControlEvent = { kind: 'stopped' };
const CLOSED: ControlEvent = { kind: 'closed', error: null };
const { buffer, config } = smallMemory();

type RunHost = Parameters<typeof runHosts>[1];

/** Threads whose hosts the test plays, all of them in this one. */
class Played {
  readonly tasks: ThreadTask[] = [];
  readonly ended = new Inbox<ThreadTask>();
  readonly threads: HostThreads;

  constructor(run: RunHost, handsOver: boolean) {
    const limits = { threads: 2, clientsEach: 2 };
    const runThread = async (task: ThreadTask): Promise<void> => {
      this.tasks.push(task);
      await runHosts(task, run);
      this.ended.push(task);
    };
    this.threads = new HostThreads(runThread, limits, handsOver);
  }

  open(clientId = 'c') {
    const { worker: options } = resolveOptions('mqtt://server.example', { clientId });
    return openClient((task, owner) => this.threads.open(task, { kind: 'start' }, owner), options);
  }
}

function openClient(
  open: (task: HostTask, owner: Parameters<HostThreads['open']>[2]) => PortToHost,
  options: HostTask['options'],
) {
  const heard = new Inbox<ControlEvent | typeof BELL>();
  const died = new Inbox<MqttError>();
  const owner = {
    received: (message: ControlEvent | typeof BELL): void => heard.push(message),
    died: (error: MqttError): void => died.push(error),
  };
  return { port: open({ buffer, config, options }, owner), heard, died };
}

/** Tells who it is, and ends when it is told to. */
const ECHO: RunHost = async ({ options }, port) =>
  new Promise((resolve) => {
    port.listen({
      received: (message) => {
        if (message === BELL) port.postMessage(BELL);
        else if (message.kind === 'start')
          port.postMessage({
            kind: 'closed',
            error: { code: 'GNEISS_ERR_CLOSED', detail: options.clientId },
          });
        else port.close(CLOSED);
      },
      gone: resolve,
    });
  });

test.each([true, false])(
  'clients of one thread (tasks handed over: %j) → each hears its own host, with its own options',
  async (handsOver) => {
    const played = new Played(ECHO, handsOver);
    const clients = ['a', 'b', 'c', 'd'].map((clientId) => played.open(clientId));
    expect(played.tasks).toHaveLength(2);
    for (const [at, { heard }] of clients.entries())
      expect(await heard.take()).toMatchObject({ error: { detail: 'abcd'[at] } });
    clients[2]!.port.postMessage(BELL);
    expect(await clients[2]!.heard.take()).toBe(BELL);
    expect((await played.open().died.take()).code).toBe('GNEISS_ERR_POOL_EXHAUSTED');
    for (const { port } of clients) port.close();
  },
);

test('the last client leaves → the task of the thread ends; one that follows at once has the same thread', async () => {
  const played = new Played(ECHO, true);
  played.open().port.close();
  const next = played.open();
  await next.heard.take();
  expect(played.tasks).toHaveLength(1);
  next.port.close();
  expect(await played.ended.take()).toBe(played.tasks[0]);
  played.open().port.close();
  await played.ended.take();
  expect(played.tasks).toHaveLength(2);
});

test('a host ends with an error, which may be anything → its client alone has died, and the host is told that it is gone', async () => {
  const gone = new Gate();
  const run: RunHost = async (task, port) => {
    if (task.options.clientId !== 'broken') return ECHO(task, port);
    port.listen({ received: () => {}, gone: () => gone.open() });
    throw Object.assign(new Error('broken'), { message: () => {} });
  };
  const played = new Played(run, true);
  const neighbours = [played.open('a'), played.open('b')];
  const broken = played.open('broken');
  const error = await broken.died.take();
  expect([error.code, (error.cause as Error).message]).toEqual([
    'GNEISS_ERR_WORKER_DIED',
    '() => {}',
  ]);
  await gone.promise;
  for (const { heard, port } of neighbours) {
    await heard.take();
    port.close();
  }
  await played.ended.take();
  await played.ended.take();
});

test('the last word can not be posted → the client has died', async () => {
  const run: RunHost = async (_, port) => {
    port.close({ ...STOPPED, uncloneable: () => {} } as ControlEvent);
    await Promise.resolve();
  };
  const { died } = new Played(run, true).open();
  expect((await died.take()).code).toBe('GNEISS_ERR_WORKER_DIED');
});

test('where the worker module is can not be told → the client has died, and the call has not thrown', async () => {
  const { worker: options } = resolveOptions('mqtt://server.example');
  const { died } = openClient(
    (task, owner) => openHost(task, null, owner, 'worker', 'relative.js'),
    options,
  );
  expect((await died.take()).code).toBe('GNEISS_ERR_WORKER_DIED');
});
