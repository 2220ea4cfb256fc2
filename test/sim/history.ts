import { Prng } from '../support/prng.js';
import { Cast } from './cast.js';
import { chooseSwarm } from './choose-swarm.js';
import { drain } from './draining.js';
import { end } from './ending.js';
import { scheduleOthers } from './other-clients.js';
import { Player } from './player.js';
import { leave } from './world/current.js';
import { type Failure, World } from './world/world.js';

/** The longest history before its faults end, in milliseconds. */
const FAULTS_MS = 120_000;

/** What a history tells. */
export interface HistoryResult {
  readonly seed: number;
  readonly failure: Failure | null;
  readonly hash: number;
  readonly events: number;
  readonly situations: ReadonlySet<string>;
  /** Messages that came twice at QoS 1, in either direction. */
  readonly duplicates: number;
  /** What happened, line by line, when that was asked for. */
  readonly lines: readonly string[];
}

/** Runs the history of a seed: the same one every time. */
export async function runHistory(
  seed: number,
  version: 4 | 5,
  keepsTrace: boolean,
): Promise<HistoryResult> {
  const prng = new Prng(seed * 2 + version - 4);
  const swarm = chooseSwarm(prng, version);
  const world = new World(prng, keepsTrace);
  world.lines?.push(JSON.stringify(swarm));
  const cast = new Cast(world, swarm);
  const player = new Player(world);
  try {
    await play(cast, player);
  } catch (error) {
    world.fail('no-exception', String(error), error);
  }
  // What is left of this history must not reach into the next: a replay knows nothing of it.
  await player.settle();
  leave();
  const { failure, hash, situations, lines } = world;
  return {
    seed,
    failure,
    hash,
    events: player.events,
    situations,
    duplicates: cast.inbound.duplicates + cast.operations.duplicates,
    lines: lines ?? [],
  };
}

async function play(cast: Cast, player: Player): Promise<void> {
  const { world, application, swarm } = cast;
  application.begin();
  scheduleOthers(cast);
  const over = world.now + FAULTS_MS;
  await player.until(() => application.isDone || world.now > over);
  if (swarm.application.ending === 'drain') await drain(cast, player);
  if (world.failure === null) await end(cast, player);
}
