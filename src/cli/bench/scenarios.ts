/** What a scenario sets, where no flag does. */
interface Preset {
  readonly count?: number;
  readonly subscribers?: number;
  readonly inflight?: number;
  /** Messages a second. */
  readonly rate?: number;
  readonly size?: number;
  readonly qos?: 0 | 1 | 2;
}

interface Scenario {
  /** The commands that it makes sense with. */
  readonly kinds: readonly string[];
  readonly preset: Preset;
  readonly doc: string;
}

/** Loads that have a name. */
const SCENARIOS = {
  'fan-in': {
    kinds: ['pubsub'],
    preset: { count: 50, subscribers: 1, qos: 1 },
    doc: '50 publishers, one subscriber that gets everything',
  },
  'fan-out': {
    kinds: ['pubsub'],
    preset: { count: 1, subscribers: 50, qos: 0 },
    doc: 'one publisher, 50 subscribers that each get everything',
  },
  'ping-pong': {
    kinds: ['latency'],
    preset: { count: 1, inflight: 1, qos: 1, size: 64 },
    doc: 'a client that sends the next message when it has got the last one back',
  },
  telemetry: {
    kinds: ['pubsub', 'pub'],
    preset: { count: 10, subscribers: 1, qos: 0, size: 64 },
    doc: 'ten publishers of small QoS 0 messages, as fast as they go, into one subscriber',
  },
  'reconnect-storm': {
    kinds: ['conn'],
    preset: { count: 100, qos: 1, rate: 20 },
    doc: 'all clients lose their connections at once and connect again, in rounds, while they are published to',
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];

export function scenarioOf(name: ScenarioName): Scenario {
  return SCENARIOS[name];
}
