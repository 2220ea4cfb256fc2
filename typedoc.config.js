import { readFileSync } from 'node:fs';
import { Comment, CommentTag, Converter, OptionDefaults, ReferenceType } from 'typedoc';

/** Entry point → category → what belongs there, by name. What stands nowhere fails the build. */
const CATEGORIES = {
  'gneiss-mqtt': {
    Client: [
      ...['connect', 'MqttClient', 'ClientOptions', 'ClientEvents', 'ClientState'],
      ...['ConnectionAttemptEvent', 'ConnectionSuccessEvent', 'ConnectionFailureEvent'],
      ...['DisconnectionEvent', 'NegotiatedSettings', 'StopOptions', 'DisconnectReasonCode'],
    ],
    Connecting: [
      ...['ServerUrls', 'ServerInfo', 'Scheme', 'TlsOptions', 'TlsMaterial', 'WebSocketOptions'],
      ...['ProxyInput', 'ProxyOptions', 'WillOptions', 'UserProperties', 'ProtocolVersion'],
      ...['ConnectOptions', 'ConnectionAttempt', 'AttemptOptions'],
    ],
    Publishing: [
      ...['Payload', 'PublishOptions', 'OperationOptions', 'PublishResult', 'ReadyOptions', 'Qos'],
      'TopicAliasResolver',
    ],
    Receiving: [
      ...['Subscription', 'SubscriptionInput', 'SubscriptionRequest', 'SubscriptionChoices'],
      ...['SubscribeOptions', 'UnsubscribeOptions', 'MessageHandler', 'Message', 'BatchOptions'],
      'AckMode',
    ],
    'Requests and answers': [
      ...['RequestOptions', 'RequestManyOptions', 'ResponseMessage', 'RequestHandler'],
      ...['ResponseInput', 'ResponseOptions'],
    ],
    Errors: ['MqttError', 'MqttErrorDetails', 'ErrorCode', 'ErrorOrigin'],
    Authentication: [
      ...['scram', 'ScramOptions', 'ScramMechanism', 'Authenticator', 'AuthenticatorExchange'],
      'AuthenticationData',
    ],
    Observability: [
      ...['ClientStats', 'Logger', 'LogLevel', 'PacketTap', 'TappedPacket', 'PcapWriter'],
      ...['PcapStream', 'TraceContext'],
    ],
    'Transports of your own': [
      ...['Transport', 'TransportFactory', 'TransportTarget', 'TransportEvents', 'ReadTarget'],
      ...['OpeningStage', 'Endpoint', 'HostPort', 'NetworkEndpoint', 'SocketFile'],
    ],
    Packets: [
      ...['Packet', 'PropertiesOf', 'PropertyHost', 'RequestedSubscription', 'Will'],
      ...[
        'Acknowledgement',
        'AckPacket',
        'AuthPacket',
        'ConnackPacket',
        'ConnectPacket',
        'DisconnectPacket',
      ],
      ...['PingreqPacket', 'PingrespPacket', 'PubackPacket', 'PubcompPacket', 'PublishPacket'],
      ...['PubrecPacket', 'PubrelPacket', 'SubackPacket', 'SubscribePacket', 'UnsubackPacket'],
      'UnsubscribePacket',
    ],
  },
  'gneiss-mqtt/metrics': {
    Clients: ['ClientMetrics', 'StatsSource', 'ClientStats'],
    Prometheus: [
      ...['prometheusMetrics', 'PrometheusLibrary', 'PrometheusMetric', 'PrometheusCounter'],
      ...['PrometheusGauge', 'MetricConfiguration'],
    ],
    OpenTelemetry: ['openTelemetryMetrics', 'OpenTelemetryMeter', 'InstrumentOptions'],
  },
  'gneiss-mqtt/bundling': { Entries: ['workerEntries'] },
  'gneiss-mqtt/testing': {
    Broker: [
      ...['startBroker', 'TestBroker', 'BrokerOptions', 'BrokerEvents', 'BrokerClient'],
      ...['Disconnection', 'BrokerMessage', 'ApplicationMessage', 'SessionInfo', 'BrokerCounters'],
    ],
    Faults: ['Faults', 'Fault', 'FaultOptions', 'Replacement', 'PacketOf', 'PacketType'],
    'Enhanced authentication': [
      ...['scramExchange', 'ScramExchangeOptions', 'AuthenticationExchange', 'AuthenticationStep'],
      'AuthenticationAnswer',
    ],
    'A process of its own': ['startBrokerProcess', 'BrokerProcess', 'PlainBrokerOptions'],
    'Packets of gneiss-mqtt': [
      ...['Packet', 'ProtocolVersion', 'Qos', 'SubscriptionRequest', 'Will'],
      ...['AckPacket', 'AuthPacket', 'ConnackPacket', 'ConnectPacket', 'DisconnectPacket'],
      ...['PingreqPacket', 'PingrespPacket', 'PubackPacket', 'PubcompPacket', 'PublishPacket'],
      ...['PubrecPacket', 'PubrelPacket', 'SubackPacket', 'SubscribePacket', 'UnsubackPacket'],
      'UnsubscribePacket',
    ],
  },
};

/** The part of the table of options that a row stands in → its category. */
const OPTION_CATEGORIES = {
  'session-options.ts': 'Session',
  'connecting-options.ts': 'Connecting',
  'operation-options.ts': 'Operations',
  'thread-options.ts': 'Threads and memory',
  'observability-options.ts': 'Observability',
};

/** What each of the statistics counts, and what each error code means, as the guides have it. */
const STATISTICS = meanings('docs/observability.md', 'stats');
const ERROR_CODES = meanings('docs/errors.md', 'errors');

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'gneiss-mqtt',
  includeVersion: true,
  entryPoints: [
    'src/index.ts',
    'src/metrics/index.ts',
    'src/bundling/index.ts',
    'src/testing/index.ts',
  ],
  tsconfig: 'src/tsconfig.json',
  projectDocuments: [
    'docs/*.md',
    'CHANGELOG.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'perf-reports/*.md',
  ],
  out: 'docs/dist',
  plugin: [arrange],

  excludeInternal: true,
  // What Node's EventEmitter and Error have is told by Node.
  excludeExternals: true,
  blockTags: [...OptionDefaults.blockTags, '@thread'],

  sort: ['source-order'],
  sortEntryPoints: false,
  categorizeByGroup: false,
  categoryOrder: [
    ...['Entry points', 'Guides', 'The project'],
    ...Object.values(CATEGORIES).flatMap((categories) => Object.keys(categories)),
  ],
  navigation: { includeCategories: true, includeGroups: false, includeFolders: false },

  // Links to folders lead somewhere on a code host alone.
  validation: { notExported: true, notDocumented: true, invalidLink: true, invalidPath: false },
  requiredToBeDocumented: [...OptionDefaults.requiredToBeDocumented, 'Parameter', 'TypeParameter'],
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  // They compute what the table in the documentation of PropertiesOf has.
  intentionallyNotExported: ['KeyOf', 'NameIn', 'ValueOf'],
  intentionallyNotDocumented: [
    // A condition on a type, which is no member.
    'gneiss-mqtt/testing.PacketOf.__type.type',
    // Functions without a name of their own are told of where they are given.
    ...['fields', 'text'].map((name) => `gneiss-mqtt.Logger.__type.${name}`),
    'gneiss-mqtt.ClientOptions.shouldReconnect.__type.reason',
    'gneiss-mqtt/testing.FaultOptions.client.__type.client',
    'gneiss-mqtt/testing.BrokerOptions.authenticate.__type.connect',
  ],
};

/** Puts everything into its category, and takes over what is told in tables of the guides. */
function arrange(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const document of project.documents) {
      categorize(document, document.name.startsWith('docs/') ? 'Guides' : 'The project');
      document.name = titleOf(document);
    }
    for (const entryPoint of project.children) {
      categorize(entryPoint, 'Entry points');
      const unplaced = new Set(entryPoint.children);
      for (const [category, names] of Object.entries(CATEGORIES[entryPoint.name])) {
        for (const name of names) {
          const exported = entryPoint.children.filter((one) => one.name === name);
          if (exported.length === 0)
            app.logger.error(`${entryPoint.name} does not export ${name}: see typedoc.config.js`);
          for (const one of exported) {
            unplaced.delete(one);
            categorize(one, category);
          }
        }
      }
      for (const { name } of unplaced)
        app.logger.error(`${entryPoint.name}: ${name} has no category in typedoc.config.js`);
    }
    const [main] = project.children;
    for (const option of main.getChildByName('ClientOptions').children) {
      // They are read from rows of a table, which are no default values.
      option.defaultValue = undefined;
      categorize(option, OPTION_CATEGORIES[option.sources[0].fileName.split('/').at(-1)]);
    }
    for (const one of main.getChildByName('ClientStats').children)
      one.comment = new Comment(STATISTICS.get(one.name));
    const errorCode = main.getChildByName('ErrorCode');
    const { types } = errorCode.type;
    errorCode.type.elementSummaries = types.map(({ value }) => ERROR_CODES.get(value));
    // The compiler has forgotten that all of the codes have a name.
    const error = main.getChildByName('MqttError');
    const [code] = error.getChildByName('constructor').signatures[0].parameters;
    for (const one of [error.getChildByName('code'), code])
      one.type = ReferenceType.createResolvedReference('ErrorCode', errorCode, project);
  });
  // Once all else is sorted, what stands in a table follows its order.
  const last = -1000;
  app.converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project }) => {
      for (const { name, categories } of project.children) {
        for (const category of categories) sort(category, CATEGORIES[name][category.title]);
      }
      const [main] = project.children;
      const titles = Object.values(OPTION_CATEGORIES);
      const { categories } = main.getChildByName('ClientOptions');
      categories.sort((a, b) => titles.indexOf(a.title) - titles.indexOf(b.title));
      const statistics = main.getChildByName('ClientStats');
      for (const list of [statistics, ...statistics.groups]) sort(list, [...STATISTICS.keys()]);
    },
    last,
  );
}

function sort({ children }, names) {
  children.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

/** The first heading. */
function titleOf({ content }) {
  return /^# (.+)$/m.exec(content[0].text)[1];
}

function categorize(reflection, category) {
  const documented = reflection.signatures?.[0] ?? reflection;
  documented.comment ??= new Comment();
  documented.comment.blockTags.push(
    new CommentTag('@category', [{ kind: 'text', text: category }]),
  );
}

/** First column of a table → its last, as the text of a comment. The tables are made from the sources. */
function meanings(guide, table) {
  const text = readFileSync(new URL(guide, import.meta.url), 'utf8');
  const [, rows] = new RegExp(`<!-- ${table}:start -->\n(.*)<!-- ${table}:end -->`, 's').exec(text);
  return new Map(
    Array.from(rows.matchAll(/^\| `(\w+)` \|.*\| (.*) \|$/gm), ([, name, meaning]) => [
      name,
      [{ kind: 'text', text: meaning }],
    ]),
  );
}
