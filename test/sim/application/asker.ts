import type { AttemptOptions, ConnectionAttempt } from '../../../src/options/connect-options.js';
import type { World } from '../world/world.js';

/** How the user says what attempts are made with. */
export interface AskerSwarm {
  /** How long an answer takes at most, in milliseconds. */
  readonly answerMs: number;
  /** How many answers fail. */
  readonly failures: number;
  /** How many have credentials of their own. */
  readonly rotations: number;
}

/** What was asked about an attempt, and answered. */
export interface Question {
  readonly number: number;
  readonly askedAt: number;
  /** 0: it was not answered yet. */
  answeredAt: number;
  hasFailed: boolean;
  /** What was answered. */
  settings: AttemptOptions | undefined;
}

/** The `connectOptions` of the user: quick or slow, failing at times, with other credentials for each attempt. */
export class Asker {
  readonly #world: World;
  readonly #swarm: AskerSwarm;
  readonly #asked: (attempt: ConnectionAttempt) => void;
  last: Question | null = null;
  /** From now on it answers at once. */
  isHealed = false;

  /** @param asked Told of each question. */
  constructor(world: World, swarm: AskerSwarm, asked: (attempt: ConnectionAttempt) => void) {
    this.#world = world;
    this.#swarm = swarm;
    this.#asked = asked;
  }

  async answer(attempt: ConnectionAttempt): Promise<AttemptOptions | undefined> {
    const { clock, prng } = this.#world;
    const { answerMs, failures, rotations } = this.#swarm;
    this.#asked(attempt);
    const { number } = attempt;
    this.#world.trace('asked', number, 0);
    const question: Question = {
      number,
      askedAt: this.#world.now,
      answeredAt: 0,
      hasFailed: false,
      settings: undefined,
    };
    this.last = question;
    await new Promise<void>((resolve) => {
      clock.schedule(this.isHealed ? 0 : prng.below(answerMs + 1), 'main', resolve);
    });
    question.answeredAt = this.#world.now;
    question.hasFailed = !this.isHealed && prng.chance(failures);
    if (question.hasFailed) throw new Error('connectOptions fails');
    if (prng.chance(rotations)) {
      question.settings = {
        username: 'rotating',
        password: `${number}`,
        webSocket: { headers: { authorization: `${number}` } },
      };
    }
    return question.settings;
  }
}
