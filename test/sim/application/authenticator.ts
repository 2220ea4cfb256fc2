import type { Authenticator } from '../../../src/options/authenticator.js';
import { AUTHENTICATION } from '../broker/authentication-half.js';
import type { World } from '../world/world.js';

/** How the user proves who he is. */
export interface AuthenticationSwarm {
  /** How long a step takes at most, in milliseconds. */
  readonly stepMs: number;
  /** How many steps fail. */
  readonly failures: number;
}

/** Who hears of an exchange. */
export interface AuthenticationWatcher {
  /** Nothing fails any more. */
  readonly isHealed: boolean;
  /** An exchange begins. */
  begins(): ExchangeWatcher;
}

/** Who hears of one exchange. */
export interface ExchangeWatcher {
  /** A step has failed, or the Server is not accepted. */
  failed(): void;
  /** The Server is accepted. */
  verified(): void;
}

/** Enhanced authentication of the user's, quick or slow, and at fault at times. */
export function createAuthenticator(
  world: World,
  swarm: AuthenticationSwarm,
  watcher: AuthenticationWatcher,
): Authenticator {
  const mayFail = (exchange: ExchangeWatcher): void => {
    if (watcher.isHealed || !world.prng.chance(swarm.failures)) return;
    exchange.failed();
    throw new Error('an authenticator fails');
  };
  const step = async (exchange: ExchangeWatcher, text: string): Promise<string> => {
    await new Promise<void>((resolve) => {
      world.clock.schedule(world.prng.below(swarm.stepMs + 1), 'main', resolve);
    });
    mayFail(exchange);
    return text;
  };
  const expect = (data: Uint8Array | undefined, text: string): void => {
    const isRight = data !== undefined && Buffer.from(data).toString() === text;
    world.check(isRight, 'I15', () => `the authenticator is not told '${text}'`);
  };
  return {
    method: AUTHENTICATION.METHOD,
    begin: () => {
      const exchange = watcher.begins();
      return {
        first: () => step(exchange, AUTHENTICATION.FIRST),
        respond: (data) => {
          expect(data, AUTHENTICATION.CHALLENGE);
          world.saw('challenged');
          return step(exchange, AUTHENTICATION.ANSWER);
        },
        finish: (data) => {
          expect(data, AUTHENTICATION.ACCEPTED);
          mayFail(exchange);
          exchange.verified();
        },
      };
    },
  };
}
