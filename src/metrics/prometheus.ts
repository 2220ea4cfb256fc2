import {
  type ClientMetrics,
  INSTRUMENTS,
  type InstrumentRow,
  labelsOf,
  MeasuredClients,
} from './instruments.js';

/** What is needed of the package `prom-client`, which is yours: pass what `import * as prom from 'prom-client'` gives. */
export interface PrometheusLibrary<Registry> {
  readonly Counter: new (
    configuration: MetricConfiguration<Registry>,
  ) => PrometheusMetric & { inc(labels: Record<string, string>, value: number): void };
  readonly Gauge: new (
    configuration: MetricConfiguration<Registry>,
  ) => PrometheusMetric & { set(labels: Record<string, string>, value: number): void };
  /** The default registry. */
  readonly register: Registry;
}

interface PrometheusMetric {
  reset(): void;
}

interface MetricConfiguration<Registry> {
  readonly name: string;
  readonly help: string;
  labelNames: string[];
  registers: Registry[];
  collect(): void;
}

/**
 * Registers a Prometheus metric for each counter and gauge of `stats()`. They are read when the registry is: between two scrapes nothing
 * runs. Call it once for a registry, which takes no two metrics of one name.
 *
 * @param library   The module `prom-client`.
 * @param registry  Default: the default registry of the library.
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
