import type { Cast } from './cast.js';
import type { Player } from './player.js';

/** What the end of a client takes besides the time that the options give it, in milliseconds. */
const END_MS = 3000;

/** The user ends the client: nothing is left of it. */
export async function end(cast: Cast, player: Player): Promise<void> {
  const { world, swarm, client, network, operations } = cast;
  if (world.prng.chance(0.1)) await stopFirst(cast, player);
  const isAbrupt = swarm.application.ending === 'destroy';
  world.saw(`${isAbrupt ? 'destroy' : 'close'} while ${client.state}`);
  const closeTimeoutMs = swarm.options.closeTimeoutMs ?? 0;
  cast.links.unwanted(closeTimeoutMs);
  let isClosed = isAbrupt;
  if (isAbrupt) client.destroy();
  else {
    const settled = operations.waits('close');
    client.close().then(
      () => {
        isClosed = true;
        settled();
      },
      (error: unknown) => {
        world.fail('I11', `close() failed: ${String(error)}`);
      },
    );
  }
  const left = world.clock.countdown(closeTimeoutMs + END_MS);
  await player.until(() => left() < 0);
  world.check(isClosed, 'I11', () => 'close() takes too long');
  world.check(operations.open === 0, 'I11', () => `open after the end: ${operations.openTexts}`);
  const { closings } = cast.reports;
  world.check(closings === 1, 'I11', () => `'closed' came ${closings} times`);
  world.check(network.timers === 0, 'I12', () => 'a timer is left after the end');
  const { link } = network;
  world.check(link?.isOver !== false, 'I12', () => 'a connection is left after the end');
}

/** A client may be stopped when it ends. */
async function stopFirst(
  { world, swarm, client, links, operations }: Cast,
  player: Player,
): Promise<void> {
  const settled = operations.waits('stop');
  const closeTimeoutMs = swarm.options.closeTimeoutMs ?? 0;
  links.unwanted(closeTimeoutMs);
  client.stop().then(settled, (error: unknown) => {
    world.fail('I11', `stop() failed: ${String(error)}`);
  });
  const left = world.clock.countdown(closeTimeoutMs + END_MS);
  await player.until(() => client.state === 'stopped' || left() < 0);
  world.check(client.state === 'stopped', 'I11', () => 'stop() takes too long');
}
