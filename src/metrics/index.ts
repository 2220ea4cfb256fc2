export type { ClientStats } from './counters.js';
export type { ClientMetrics, StatsSource } from './instruments.js';
export { type OpenTelemetryMeter, openTelemetryMetrics } from './open-telemetry.js';
export { type PrometheusLibrary, prometheusMetrics } from './prometheus.js';
