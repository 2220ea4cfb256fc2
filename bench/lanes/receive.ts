import { TOPIC_FILTER } from '../peers/frames.js';
import { type LaneContext, type RunResult, sleep } from './lane.js';
import { type Load, openAll } from './load.js';
import { StallWatch, Stretch } from './stretch.js';
import { Tally } from './tally.js';

/** Receiving as fast as the peer can send and the clients take, or a steady stream. */
export async function receive(context: LaneContext, load: Load): Promise<RunResult> {
  const clients = await openAll(context, load);
  const tallies = clients.map(() => new Tally(load.payloadBytes));
  const count = (): number => tallies.reduce((sum, tally) => sum + tally.count, 0);
  await Promise.all(
    clients.map((client, index) =>
      client.subscribe(TOPIC_FILTER, load.qos, (payload) => tallies[index]!.take(payload), false),
    ),
  );
  await sleep(context.warmupSeconds);

  const before = count();
  const stalls = new StallWatch();
  const stretch = new Stretch(clients);
  await sleep(context.seconds);
  const measures = { ...stretch.end(count() - before), ...stalls.end() };

  const lost = await Promise.all(tallies.map((tally, index) => tally.finish(clients[index]!)));
  return { measures: { ...measures, lost: lost.reduce((sum, one) => sum + one, 0) } };
}
