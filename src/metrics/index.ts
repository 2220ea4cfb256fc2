/**
 * The statistics of clients in the registry of `prom-client`, or through a meter of OpenTelemetry: `gneiss-mqtt/metrics`.
 *
 * @module gneiss-mqtt/metrics
 */
export type { ClientStats } from './counters.js';
export type { ClientMetrics, StatsSource } from './instruments.js';
export {
  type InstrumentOptions,
  type OpenTelemetryMeter,
  openTelemetryMetrics,
} from './open-telemetry.js';
export {
  type MetricConfiguration,
  type PrometheusCounter,
  type PrometheusGauge,
  type PrometheusLibrary,
  type PrometheusMetric,
  prometheusMetrics,
} from './prometheus.js';
