import { MqttError } from '../errors/mqtt-error.js';
import { type ClientStats, COUNTERS, type CounterName } from './counters.js';

/** What a client is to those who measure it: an `MqttClient`, or what wraps one. */
export interface StatsSource {
  /** The counters and gauges as they are now. Called whenever they are collected. */
  stats(): ClientStats;
  /**
   * Has a listener called once.
   *
   * @param name      The client is closed for good.
   * @param listener  Lets go of the client.
   */
  once(name: 'closed', listener: () => void): unknown;
  /**
   * Takes away what `once` was given.
   *
   * @param name      As of `once`.
   * @param listener  The very same.
   */
  off(name: 'closed', listener: () => void): unknown;
}

/** The instruments of a metrics library, and the clients that they show. */
export interface ClientMetrics {
  /**
   * Shows the statistics of a client from here on.
   *
   * @param client  A client. It is let go of when it is closed.
   * @param name    Tells it from others: the label, or attribute, `client`. Of no use twice at a time.
   * @returns Dispose of it to show the client no more.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION` when another client is shown by this name.
   */
  observe(client: StatsSource, name: string): Disposable;
}

/** One instrument of a metrics library, and the counters of a client that it shows. */
export interface InstrumentRow {
  /** In snake case. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly unit: 'bytes' | undefined;
  readonly help: string;
  readonly series: readonly Series[];
}

/** One of the values of an instrument for one client. */
export interface Series {
  readonly counter: CounterName;
  /** Which kind of the whole; undefined where an instrument has one value a client. */
  readonly kind: string | undefined;
}

/** Every instrument: one for each row of the table of counters, but for those that are parts of another: they are its series. */
export const INSTRUMENTS: readonly InstrumentRow[] = toInstruments();

/** The labels of a series. */
export function labelsOf(client: string, { kind }: Series): Record<string, string> {
  return kind === undefined ? { client } : { client, kind };
}

/** The clients that are measured, each under a name of its own. */
export class MeasuredClients implements ClientMetrics {
  readonly #clients: Map<string, StatsSource> = new Map();

  observe(client: StatsSource, name: string): Disposable {
    if (this.#clients.has(name))
      throw new MqttError('GNEISS_ERR_INVALID_OPTION', {
        detail: 'name is that of another client',
      });
    this.#clients.set(name, client);
    const release = (): void => {
      client.off('closed', release);
      if (this.#clients.get(name) === client) this.#clients.delete(name);
    };
    client.once('closed', release);
    return { [Symbol.dispose]: release };
  }

  /** A snapshot of each. */
  read(): readonly (readonly [name: string, stats: ClientStats])[] {
    return Array.from(this.#clients, ([name, client]) => [name, client.stats()] as const);
  }
}

function toInstruments(): readonly InstrumentRow[] {
  const rows = Object.entries(COUNTERS) as [CounterName, (typeof COUNTERS)[CounterName]][];
  return rows
    .filter(([, row]) => !('part' in row))
    .map(([name, { kind, doc, ...row }]) => ({
      name: name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      kind,
      unit: 'unit' in row ? row.unit : undefined,
      help: doc,
      series: toSeries(name, rows),
    }));
}

function toSeries(
  name: CounterName,
  rows: readonly (readonly [CounterName, (typeof COUNTERS)[CounterName]])[],
): readonly Series[] {
  const parts = rows.flatMap(([counter, row]) =>
    'part' in row && row.part.of === name ? [{ counter, kind: row.part.kind }] : [],
  );
  return parts.length > 0 ? parts : [{ counter: name, kind: undefined }];
}
