/** What must hold in every history, by the names that failures and reports use. */
export const INVARIANTS = {
  I1: 'QoS 1 arrives at least once, in both directions: what resolved was taken, what was acknowledged was delivered',
  I2: 'QoS 2 is taken, and delivered, once; QoS 0 at most once; nothing that nobody sent',
  I3: 'messages are first sent and first delivered in order, and so are acknowledgements; what is sent again comes first',
  I4: 'no Packet Identifier stands for two exchanges, and all come back',
  I5: 'no more in flight than the Receive Maximum of the Server',
  I6: 'nothing is sent twice on one connection; DUP only, and always, on what is sent again',
  I7: 'an alias means what this connection has bound it to',
  I8: 'nothing beyond the limits of the Server is sent',
  I9: 'CONNECT comes first and once, nothing before CONNACK, nothing after DISCONNECT',
  I10: 'silence lasts no longer than the keep alive, and a dead connection is noticed in time',
  I11: 'each promise settles once, in time, and tells the truth; nothing that failed unsent is sent',
  I12: 'nothing is left after the end: no timer, no connection',
  I13: 'what is sent again belongs to an exchange of this Session',
  I14: 'delays before attempts are those of the back-off',
  I15: 'every byte makes sense to an independent decoder and to the Server',
  I16: 'when faults end, everything comes to its end',
  'ack-after-handler': 'a message is acknowledged after its handlers are done',
  'ack-reason':
    'the acknowledgement tells whether the handler failed, and whether there was a message to release',
  'ack-timeout':
    'an acknowledgement that does not come in time fails its operation, and not before',
  'alias-policy': 'topics get the aliases that the policy says',
  authentication: 'a connection whose authentication has failed is not gone on with',
  bells: 'the threads wake each other only for something',
  'bytes-stay': 'what is with the transport does not change',
  connect: 'CONNECT says what the options and earlier connections ask for',
  credentials: 'a Server is told the credentials that are meant for it, and those of nobody else',
  expiry: 'time spent waiting is taken off, and nothing that has expired is sent',
  lease: 'payloads stay what they are as long as they are leased',
  'no-exception': 'the client never throws out of its own code',
  offence: 'a violation of the Server ends the connection, with its reason code in MQTT 5',
  'resolves-late': 'a promise resolves when its exchange is over',
  retries: 'nothing is sent again more often than it may be',
  room: 'when all is done, there is room for everything again',
  servers: 'attempts go to the Servers that the list, or a Server, names, in their order',
  'slow-start': 'what connections broke over is sent one at a time',
  subscriptions:
    'what the application wants, and was not refused, the Server has, after a lost Session, too',
  transport: 'a transport is used as it asks for, and ended when everything is said',
  queue: 'what fails without a word of the Server fails as the options say',
  reports:
    'what the client says of a connection is what became of it, and comes before the first messages',
  hangs: 'a history comes to its end',
} as const;

export type Invariant = keyof typeof INVARIANTS;
