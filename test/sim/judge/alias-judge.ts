import type { ClientPacket } from '../broker/client-packet.js';
import type { World } from '../world/world.js';
import type { LinkState } from './link-state.js';
import type { PublishedMessage } from './messages.js';

const TOPIC_ALIAS = 0x23;
/** What an alias adds to a packet at most: the property, and a longer length. */
const ALIAS_BYTES = 5;

/** How aliases are chosen. */
export interface AliasFacts {
  readonly topicAliasPolicy: 'none' | 'manual' | 'lru';
  readonly topicAliasCacheSize: number;
}

/** Judges Topic Aliases: each means its topic, and is used as the policy says. */
export class AliasJudge {
  readonly #world: World;
  readonly #facts: AliasFacts;

  constructor(world: World, facts: AliasFacts) {
    this.#world = world;
    this.#facts = facts;
  }

  published(state: LinkState, packet: ClientPacket, message: PublishedMessage): void {
    const alias = packet.properties.get(TOPIC_ALIAS);
    const used = typeof alias === 'number' ? alias : 0;
    if (this.#facts.topicAliasPolicy === 'lru') this.#judgeLru(state, packet, message, used);
    else this.#judgeChoice(message, used);
    this.#judgeMeaning(state, packet, message, used);
  }

  #judgeMeaning(
    { aliases, aliasUses, limits }: LinkState,
    { topic }: ClientPacket,
    message: PublishedMessage,
    used: number,
  ): void {
    const world = this.#world;
    let meant: string | undefined = topic;
    if (used > 0) {
      const limit = limits?.topicAliasMaximum ?? 0;
      world.check(used <= limit, 'I7', () => `alias ${used} of ${limit}`);
      if (topic === '') {
        world.saw('alias used');
        meant = aliases.get(used);
      } else {
        if (aliases.has(used)) world.saw('alias bound again');
        aliases.set(used, topic);
      }
      // The one that was used last stands last.
      aliasUses.delete(used);
      aliasUses.add(used);
    }
    world.check(
      meant === message.topic,
      'I7',
      () => `message ${message.number} goes to '${String(meant)}', not to '${message.topic}'`,
    );
  }

  #judgeChoice({ number, alias }: PublishedMessage, used: number): void {
    const mayBe = this.#facts.topicAliasPolicy === 'manual' ? alias : 0;
    this.#world.check(
      used === 0 || used === mayBe,
      'alias-policy',
      () => `message ${number} has alias ${used} where ${mayBe} was asked for`,
    );
  }

  /** Each topic has an alias as long as it is one of the most recent. */
  #judgeLru(
    { aliases, aliasUses, limits }: LinkState,
    { topic, length }: ClientPacket,
    message: PublishedMessage,
    used: number,
  ): void {
    const limit = Math.min(limits?.topicAliasMaximum ?? 0, this.#facts.topicAliasCacheSize);
    const check = (condition: boolean, text: string): void => {
      this.#world.check(condition, 'alias-policy', () => `message ${message.number} ${text}`);
    };
    check(used <= limit, `has alias ${used} of ${limit}`);
    if (limit === 0) return;
    const isKnown = [...aliases.values()].includes(message.topic);
    if (isKnown) {
      check(topic === '', 'goes with its topic, which has an alias');
      return;
    }
    const mayBeTooLarge = length + ALIAS_BYTES > (limits?.maximumPacketSize ?? 0);
    check(used > 0 || mayBeTooLarge, 'gets no alias');
    if (used === 0 || aliases.size < limit) return;
    const [oldest] = aliasUses;
    check(used === oldest, `takes alias ${used}, ${String(oldest)} was not used for longer`);
  }
}
