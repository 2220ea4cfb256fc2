import { Offences } from './broker/offences.js';
import type { Cast } from './cast.js';

/** Other clients publish, and the Server does what it should not, for as long as the application has plans. */
export function scheduleOthers(cast: Cast): void {
  const { world, swarm, broker } = cast;
  const { clock, prng } = world;
  const { pauseMs, inbound, inboundBurst } = swarm.application;
  const offences = new Offences(broker, swarm.options);
  const act = (): void => {
    if (cast.application.isDone) return;
    if (prng.chance(inbound)) {
      const count = 1 + prng.below(inboundBurst);
      for (let message = 0; message < count; message++) publishAnything(cast);
    }
    if (prng.chance(swarm.broker.disconnects)) broker.disconnect(prng.pick([0x8b, 0x89, 0x98]));
    if (prng.chance(swarm.broker.referrals / 10)) broker.refer();
    if (prng.chance(swarm.broker.violations)) offences.commit();
    clock.schedule(prng.below(pauseMs + 1), 'outside', act);
  };
  clock.schedule(prng.below(pauseMs + 1), 'outside', act);
}

/** Another client publishes a message. @param qos Null: any. */
export function publishAnything(
  { world: { prng }, swarm, broker }: Cast,
  qos: 0 | 1 | 2 | null = null,
): void {
  const length = prng.below(swarm.application.payloadMax + 1);
  broker.publish(`s/${prng.below(4)}`, qos ?? prng.pick([0, 1, 2, 2]), length);
}
