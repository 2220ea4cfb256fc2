import {
  type ClientMetrics,
  INSTRUMENTS,
  type InstrumentRow,
  labelsOf,
  MeasuredClients,
} from './instruments.js';

/**
 * What is needed of a `Meter` of `@opentelemetry/api`, which is yours.
 *
 * @typeParam Observable  Its instruments.
 */
export interface OpenTelemetryMeter<Observable> {
  /**
   * Makes an instrument for what only rises. Called once for each counter.
   *
   * @param name     `gneiss_mqtt.…`.
   * @param options  What it is.
   */
  createObservableCounter(name: string, options: InstrumentOptions): Observable;
  /**
   * Makes an instrument for a level. Called once for each gauge.
   *
   * @param name     `gneiss_mqtt.…`.
   * @param options  What it is.
   */
  createObservableGauge(name: string, options: InstrumentOptions): Observable;
  /**
   * Has the values of instruments told whenever they are collected. Called once.
   *
   * @param callback     Tells the value of each instrument for each client.
   * @param observables  All that were made.
   */
  addBatchObservableCallback(
    callback: (observer: {
      observe(instrument: Observable, value: number, attributes: Record<string, string>): void;
    }) => void,
    observables: Observable[],
  ): void;
}

/** What a meter is told of an instrument. */
export interface InstrumentOptions {
  /** What is counted, for people to read. */
  readonly description: string;
  /** In UCUM: `By` for bytes. Left out for what has none. */
  unit?: string;
}

/**
 * Creates an OpenTelemetry instrument for each counter and gauge of `stats()`. They are read when the meter's readers collect: in between
 * nothing runs.
 *
 * @typeParam Observable  The instruments of the meter.
 * @param meter  A meter of yours, as of `metrics.getMeter('my-service')`.
 * @returns To tell it of clients; until then nothing is shown.
 */
export function openTelemetryMetrics<Observable>(
  meter: OpenTelemetryMeter<Observable>,
): ClientMetrics {
  const clients = new MeasuredClients();
  const instruments = INSTRUMENTS.map((row) => [row, create(meter, row)] as const);
  meter.addBatchObservableCallback(
    (observer) => {
      for (const [client, stats] of clients.read())
        for (const [row, instrument] of instruments)
          for (const series of row.series)
            observer.observe(instrument, stats[series.counter], labelsOf(client, series));
    },
    instruments.map(([, instrument]) => instrument),
  );
  return clients;
}

/** The name of an instrument by the conventions of OpenTelemetry. */
export function toOpenTelemetryName({ name }: InstrumentRow): string {
  return `gneiss_mqtt.${name}`;
}

function create<Observable>(meter: OpenTelemetryMeter<Observable>, row: InstrumentRow): Observable {
  const name = toOpenTelemetryName(row);
  const options = { description: row.help, ...(row.unit === 'bytes' ? { unit: 'By' } : {}) };
  return row.kind === 'counter'
    ? meter.createObservableCounter(name, options)
    : meter.createObservableGauge(name, options);
}
