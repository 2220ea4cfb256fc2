/** What a broker has counted since it was made. Every count only grows. */
export interface BrokerCounters {
  /** Connections accepted on the socket. */
  connections: number;
  /** CONNACKs that said success. */
  connects: number;
  /** Whole Control Packets that have come, also those that a fault ends the connection over. */
  packetsReceived: number;
  /** Control Packets written for Clients; bytes that a fault, or a test, puts in their place do not count. */
  packetsSent: number;
  /** Bytes read from sockets. */
  bytesReceived: number;
  /** Bytes that sockets have taken. */
  bytesSent: number;
  /** PUBLISHes of Clients taken over; duplicates of QoS 2 are not counted again. */
  messagesReceived: number;
  /** PUBLISHes sent to Clients, repetitions included. */
  messagesSent: number;
  /** QoS 0 messages that a slow Client did not get. */
  qos0Dropped: number;
  /** QoS 1 and 2 messages dropped because the queue of a session was full. */
  queueDropped: number;
  /** Messages that expired before they were sent. */
  expired: number;
  /** Messages that were too large for the Maximum Packet Size of a Client. */
  oversized: number;
  /** Retained messages refused because there were too many topics. */
  retainedRefused: number;
  /** Connections closed because the Client broke the protocol. */
  violations: number;
}

/** All counts at zero. */
export function zeroCounters(): BrokerCounters {
  return {
    connections: 0,
    connects: 0,
    packetsReceived: 0,
    packetsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    messagesReceived: 0,
    messagesSent: 0,
    qos0Dropped: 0,
    queueDropped: 0,
    expired: 0,
    oversized: 0,
    retainedRefused: 0,
    violations: 0,
  };
}
