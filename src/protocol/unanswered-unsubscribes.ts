import type { SubscribePacket, UnsubscribePacket } from '../codec/packets.js';
import type { OperationTable } from './operation-table.js';

const REASON_FAILURE = 0x80;

/**
 * What the UNSUBSCRIBEs that were written and not answered still have to give up, should the connection break (connection). A Server
 * may answer in any order: when a SUBACK grants what one of them gives up, and its SUBSCRIBE came later, the Server has taken
 * both. The UNSUBSCRIBE, sent again, would take the subscription away.
 */
export class UnansweredUnsubscribes {
  readonly #table: OperationTable;
  /** Topic Filter → row of the last UNSUBSCRIBE for it. */
  readonly #rows: Map<string, number> = new Map();

  constructor(table: OperationTable) {
    this.#table = table;
  }

  written(row: number, { topicFilters }: UnsubscribePacket): void {
    for (const filter of topicFilters) this.#rows.set(filter, row);
  }

  answered(row: number, { topicFilters }: UnsubscribePacket): void {
    for (const filter of topicFilters)
      if (this.#rows.get(filter) === row) this.#rows.delete(filter);
  }

  /** A SUBSCRIBE was answered. @param subscribe Its row. */
  subscribed(
    subscribe: number,
    { subscriptions }: SubscribePacket,
    reasonCodes: readonly number[],
  ): void {
    if (this.#rows.size === 0) return;
    const { sequence } = this.#table;
    subscriptions.forEach(({ topicFilter }, index) => {
      const row = this.#rows.get(topicFilter);
      const isLater = row !== undefined && sequence[subscribe]! > sequence[row]!;
      if (isLater && reasonCodes[index]! < REASON_FAILURE) this.#rows.delete(topicFilter);
    });
  }

  /** The Topic Filters that one is to be sent again for. */
  remaining(row: number, { topicFilters }: UnsubscribePacket): string[] {
    return topicFilters.filter((filter) => this.#rows.get(filter) === row);
  }

  /** The connection is gone. */
  clear(): void {
    this.#rows.clear();
  }
}
