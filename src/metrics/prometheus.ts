import {
  type ClientMetrics,
  INSTRUMENTS,
  type InstrumentRow,
  labelsOf,
  MeasuredClients,
} from './instruments.js';

/**
 * What is needed of the package `prom-client`, which is yours: pass what `import * as prom from 'prom-client'` gives.
 *
 * @typeParam Registry  Its registries.
 */
export interface PrometheusLibrary<Registry> {
  /** Its class for what only rises. */
  readonly Counter: {
    /** Registers a metric. @param configuration  What it is, and how it is brought up to date. */
    new (configuration: MetricConfiguration<Registry>): PrometheusCounter;
  };
  /** Its class for a level. */
  readonly Gauge: {
    /** Registers a metric. @param configuration  What it is, and how it is brought up to date. */
    new (configuration: MetricConfiguration<Registry>): PrometheusGauge;
  };
  /** The default registry. */
  readonly register: Registry;
}

/** What is needed of any metric of `prom-client`. */
export interface PrometheusMetric {
  /** Forgets the values of all labels. */
  reset(): void;
}

/** What is needed of a `Counter` of `prom-client`. */
export interface PrometheusCounter extends PrometheusMetric {
  /**
   * Adds.
   *
   * @param labels  `client`, and `kind` where there are several.
   * @param value   How much.
   */
  inc(labels: Record<string, string>, value: number): void;
}

/** What is needed of a `Gauge` of `prom-client`. */
export interface PrometheusGauge extends PrometheusMetric {
  /**
   * Sets.
   *
   * @param labels  `client`.
   * @param value   To what.
   */
  set(labels: Record<string, string>, value: number): void;
}

/**
 * What a metric of `prom-client` is made with.
 *
 * @typeParam Registry  The registries of the library.
 */
export interface MetricConfiguration<Registry> {
  /** `gneiss_mqtt_…`, that of a counter with `_total` at its end. */
  readonly name: string;
  /** What is counted, for people to read. */
  readonly help: string;
  /** `client`, and `kind` where there are several. */
  labelNames: string[];
  /** The one registry that the metric is for. */
  registers: Registry[];
  /** Called at each scrape, to bring the values up to date. */
  collect(): void;
}

/**
 * Registers a Prometheus metric for each counter and gauge of `stats()`. They are read when the registry is: between two scrapes nothing
 * runs. Call it once for a registry, which takes no two metrics of one name.
 *
 * @typeParam Registry  The registries of the library.
 * @param library   The module `prom-client`.
 * @param registry  Default: the default registry of the library.
 * @returns To tell it of clients; until then nothing is shown.
 * @throws What the library throws when the registry has such metrics already.
 */
export function prometheusMetrics<Registry>(
  library: PrometheusLibrary<Registry>,
  registry: Registry = library.register,
): ClientMetrics {
  const clients = new MeasuredClients();
  for (const row of INSTRUMENTS) register(library, registry, row, clients);
  return clients;
}

/** The name of an instrument by the conventions of Prometheus. */
export function toPrometheusName({ name, kind }: InstrumentRow): string {
  return `gneiss_mqtt_${name}${kind === 'counter' ? '_total' : ''}`;
}

function register<Registry>(
  { Counter, Gauge }: PrometheusLibrary<Registry>,
  registry: Registry,
  row: InstrumentRow,
  clients: MeasuredClients,
): void {
  const configuration = {
    name: toPrometheusName(row),
    help: row.help,
    labelNames: row.series[0]!.kind === undefined ? ['client'] : ['client', 'kind'],
    registers: [registry],
  };
  const collect = (show: (labels: Record<string, string>, value: number) => void): void => {
    for (const [client, stats] of clients.read())
      for (const series of row.series) show(labelsOf(client, series), stats[series.counter]);
  };
  if (row.kind === 'gauge') {
    const gauge = new Gauge({
      ...configuration,
      collect: () => {
        gauge.reset();
        collect((labels, value) => gauge.set(labels, value));
      },
    });
    return;
  }
  const counter = new Counter({
    ...configuration,
    collect: () => {
      // The library knows no counter that is set: what is shown is the sum since the client was made.
      counter.reset();
      collect((labels, value) => counter.inc(labels, value));
    },
  });
}
