import type { Mutant } from './mutant.js';

const ACKNOWLEDGEMENTS = 'src/protocol/outbound-acknowledgements.ts';
const KEEP_ALIVE = 'src/protocol/keep-alive.ts';
const SESSION = 'src/protocol/session.ts';
const CONNECT = 'src/protocol/connect-packet.ts';
const RECONNECT = 'src/host/reconnect.ts';
const CONNECTION = 'src/host/connection.ts';
const ASSEMBLER = 'src/host/inbound-assembler.ts';

/** Keep alive and the connection. */
export const CONNECTING: readonly Mutant[] = [
  {
    id: 'no PINGREQ is sent',
    file: KEEP_ALIVE,
    text: 'return now >= this.#nextPing;',
    by: 'return false;',
  },
  {
    id: 'PINGREQ comes late',
    file: KEEP_ALIVE,
    text: 'this.#nextPing = now + this.#intervalMs;\n    if',
    by: 'this.#nextPing = now + 2 * this.#intervalMs;\n    if',
  },
  {
    id: 'a missing PINGRESP is not noticed',
    file: KEEP_ALIVE,
    text: 'return !this.#readingPaused && now >= this.#pingDeadline;',
    by: 'return false;',
  },
  {
    id: 'PINGRESP does not count',
    file: KEEP_ALIVE,
    text: 'this.#pingDeadline = NEVER;\n    this.#unanswered--;',
    by: 'this.#unanswered--;',
  },
  {
    id: 'Server Keep Alive is not looked at',
    file: 'src/protocol/settings.ts',
    text: 'properties.serverKeepAlive ?? connect.keepAlive',
    by: 'connect.keepAlive',
  },
  {
    id: 'what is acknowledged late pushes PINGREQ out too far',
    file: ACKNOWLEDGEMENTS,
    text: 'this.#keepAlive.acknowledged(table.sentAt[row]!);',
    by: 'this.#keepAlive.acknowledged(table.sentAt[row]! + 5000);',
  },
  {
    id: 'back-off does not grow',
    file: RECONNECT,
    text: 'this.#next = Math.min(2 * limit, reconnectDelayMaxMs);',
    by: '',
  },
  {
    id: 'back-off has no cap',
    file: RECONNECT,
    text: 'const limit = Math.min(this.#next, reconnectDelayMaxMs);\n    this.#next = Math.min(2 * limit, reconnectDelayMaxMs);',
    by: 'const limit = this.#next;\n    this.#next = 2 * limit;',
  },
  {
    id: 'back-off has no jitter',
    file: RECONNECT,
    text: 'return floor + (limit - floor) * this.#random();',
    by: 'return floor + (limit - floor) * (this.#random() > 2 ? 0 : 1);',
  },
  {
    id: 'a refusal for good may be tried again at once',
    file: RECONNECT,
    text: 'const floor = isLasting ? limit / 2 : 0;',
    by: 'const floor = 0;',
  },
  {
    id: 'back-off is never reset',
    file: RECONNECT,
    text: 'if (this.isStable(connectedMs)) this.#next = reconnectDelayMinMs;',
    by: '',
  },
  {
    id: 'back-off is reset by a connection that lived briefly',
    file: RECONNECT,
    text: 'return connectedMs > this.#options.reconnectResetMs;',
    by: 'return connectedMs > 0;',
  },
  {
    id: 'a refusal for good is tried again at once',
    file: RECONNECT,
    text: 'if (isLasting) this.#next = reconnectDelayMaxMs;',
    by: '',
  },
  {
    id: 'the attempt that follows a delay never comes',
    file: CONNECTION,
    text: 'return Math.min(state.until, this.#session.nextDeadline());',
    by: 'return this.#session.nextDeadline();',
  },
  {
    id: 'an attempt has no timeout',
    file: CONNECTION,
    text: 'return Math.min(state.deadline, this.#session.nextDeadline());',
    by: 'return this.#session.nextDeadline();',
  },
  {
    id: 'a closing transport has no timeout',
    file: CONNECTION,
    text: 'state.closingSince + CLOSE_TIMEOUT_MS\n',
    by: 'NEVER\n',
  },
  {
    id: 'DISCONNECT is written twice',
    file: SESSION,
    text: 'this.#disconnectWritten = true;',
    by: 'this.#disconnectWritten = batch.byteLength > 0;',
  },
  {
    id: 'CONNECT is written twice',
    file: SESSION,
    text: 'this.#connectWritten = true;',
    by: 'this.#connectWritten = batch.byteLength > 0;',
  },
  {
    id: 'packets follow DISCONNECT',
    file: SESSION,
    text: "return this.#state.kind !== 'closing' && this.#outbound.canSubmit(batch);",
    by: 'return this.#outbound.canSubmit(batch);',
  },
  {
    id: 'no DISCONNECT tells of a violation',
    file: 'src/protocol/close-reason.ts',
    text: 'disconnect: version === 5 ? disconnectPacket(violation.reasonCode) : null,',
    by: 'disconnect: null,',
  },
  {
    id: 'a violation in 3.1.1 sends DISCONNECT',
    file: 'src/protocol/close-reason.ts',
    text: 'disconnect: version === 5 ? disconnectPacket(violation.reasonCode) : null,',
    by: 'disconnect: disconnectPacket(violation.reasonCode),',
  },
  {
    id: 'Clean Start is always set',
    file: CONNECT,
    text: "cleanStart: rejoinSession === 'never' ||",
    by: "cleanStart: rejoinSession !== 'never' ||",
  },
  {
    id: 'the assigned Client Identifier is forgotten',
    file: CONNECT,
    text: 'clientId: assignedClientId ?? settings.clientId,',
    by: 'clientId: settings.clientId,',
  },
  {
    id: 'what an earlier connection left incomplete is read into the next',
    file: ASSEMBLER,
    text: 'this.#parsed = this.#written;\n    this.#framer.packetLength = 0;',
    by: 'this.#framer.packetLength = 0;',
  },
  {
    id: 'the batch of a lost connection is written on the next',
    file: CONNECTION,
    text: 'this.#stop = null;\n    this.#batch.reset();',
    by: 'this.#stop = null;',
  },
  {
    id: 'that an earlier transport was ended is believed of the next',
    file: CONNECTION,
    text: 'this.#ended = false;\n    this.#destroyed = false;',
    by: 'this.#destroyed = false;',
  },
];
