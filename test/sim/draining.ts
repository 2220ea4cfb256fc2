import type { Cast } from './cast.js';
import { publishAnything } from './other-clients.js';
import type { Player } from './player.js';

/** So long may everything take that the faults have left behind, in milliseconds. */
const QUIET_MS = 200_000;
/** A write, and messages between the threads, take less. */
const SETTLED_MS = 50;
/** Messages that come when nothing else happens, and how long they may take: there are a few turns for each. */
const LAST_MESSAGES = 12;
const LAST_MS = 700;

/** The faults are over: everything has to come to its end. */
export async function drain(cast: Cast, player: Player): Promise<void> {
  const { world, client, application, operations } = cast;
  world.trace('healed', 0, 0);
  cast.network.heal();
  cast.broker.heal();
  cast.handlers.isHealed = true;
  if (cast.asker !== null) cast.asker.isHealed = true;
  if (cast.swarm.inheritance !== null) cast.listen();
  await player.until(() => client.state !== 'stopping');
  application.start();
  await quiet(cast, player, 'after the faults');
  operations.drained();
  for (const qos of [0, 1, 2, 0, 1, 2] as const) application.publish(qos, true);
  await quiet(cast, player, 'at the end');
  operations.drained();
  const { session } = cast.broker;
  if (!cast.inbound.isTorn)
    cast.subscribing.drained((filter) => session?.subscriptions.has(filter) === true);
  await publishPlainly(cast, player);
  await receiveLast(cast, player);
  world.check(
    cast.links.exchanges.size === 0,
    'I4',
    () => `${cast.links.exchanges.size} identifiers are still taken`,
  );
  world.saw('drained');
}

/** Nothing is on its way: there is room for the largest message, and nothing keeps it from being sent. */
async function publishPlainly(cast: Cast, player: Player): Promise<void> {
  for (const qos of [0, 1, 2] as const) {
    const message = cast.application.publishPlainly(qos);
    await quiet(cast, player, 'after the last messages');
    const { state, code } = message;
    cast.world.check(
      state === 'resolved',
      'room',
      () => `with nothing on its way, message ${message.number} is ${state} ${code}`,
    );
  }
}

/** Messages come, and nothing else happens: what the client owes anyone it sees to by itself. */
async function receiveLast(cast: Cast, player: Player): Promise<void> {
  const { world, network, inbound } = cast;
  const begun = world.now;
  const qos = world.prng.pick<0 | null>([0, null]);
  for (let message = 0; message < LAST_MESSAGES; message++) publishAnything(cast, qos);
  await player.until(() => world.now > begun + LAST_MS);
  const unread = network.link?.unread ?? 0;
  world.check(isQuiet(cast) && unread === 0, 'I16', () => `messages wait: ${describe(cast)}`);
  inbound.drained(begun);
}

async function quiet(cast: Cast, player: Player, when: string): Promise<void> {
  const { world } = cast;
  const bound = world.now + QUIET_MS;
  let isSettled = false;
  while (!isSettled && world.now <= bound && world.failure === null) {
    await player.until(() => isQuiet(cast) || world.now > bound);
    // What nobody awaits may be between the threads, where nobody sees it.
    const end = world.now + SETTLED_MS;
    await player.until(() => !isQuiet(cast) || world.now > end);
    isSettled = isQuiet(cast);
  }
  cast.world.check(isQuiet(cast), 'I16', () => `${when}: ${describe(cast)}`);
}

function isQuiet({ client, operations, links, broker, handlers }: Cast): boolean {
  return (
    client.state === 'connected' &&
    broker.current?.isGenerous === true &&
    operations.open === 0 &&
    links.exchanges.size === 0 &&
    broker.idle &&
    handlers.running === 0 &&
    client.stats().queued === 0
  );
}

function describe({ client, operations, links, broker, handlers, network }: Cast): string {
  return (
    `${client.state}, open: ${operations.openTexts}, queued: ${client.stats().queued}, ${links.exchanges.size} identifiers, ` +
    `Server idle: ${broker.idle}, handlers: ${handlers.running}, unread: ${network.link?.unread ?? 0}`
  );
}
