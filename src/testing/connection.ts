import type { Socket } from 'node:net';
import { decodePacket } from '../codec/decode.js';
import { Framer, FrameStatus } from '../codec/framer.js';
import { PACKET_SIZE_MAX, PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { ConnectPacket, Packet } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import type { ConnectionControl } from './control.js';
import type { BrokerCore } from './core.js';
import type { Disconnection } from './events.js';
import { Handshake } from './handshake.js';
import { Input } from './input.js';
import { KeepAlive } from './keep-alive.js';
import type { Message } from './message.js';
import { grantKeepAlive } from './negotiation.js';
import { PacketHandler } from './packet-handler.js';
import { PacketSender } from './packet-sender.js';
import { PublishReceiver } from './publish-receiver.js';
import type { Session } from './session.js';

const RECEIVE_MAXIMUM = 65_535;

/** How long a Client may take to close its side after the broker has closed its own. */
const LINGER_MS = 500;

/** `closing` is over for MQTT, but not yet for the socket. */
type State = 'open' | 'closing' | 'closed';

/** One Network Connection: its socket, its packets one after another, and its end. */
export class Connection implements ConnectionControl {
  readonly #core: BrokerCore;
  readonly #socket: Socket;
  readonly #onClose: () => void;
  readonly #input = new Input();
  readonly #framer: Framer;
  readonly #sender: PacketSender;
  readonly #handshake: Handshake;
  readonly #keepAlive: KeepAlive;
  #state: State = 'open';
  #processing = false;
  #readingPaused = false;
  #clientId = '';
  #disconnection: Disconnection = { by: 'network', reasonCode: null };
  #linger: NodeJS.Timeout | undefined;
  /** From the acceptance of the CONNECT on. */
  #receiver: PublishReceiver | null = null;
  #handler: PacketHandler | null = null;

  constructor(core: BrokerCore, socket: Socket, onClose: () => void) {
    this.#core = core;
    this.#socket = socket;
    this.#onClose = onClose;
    this.#framer = new Framer(core.options.maximumPacketSize ?? PACKET_SIZE_MAX, 5);
    this.#sender = new PacketSender(core, this, socket, () => this.#receiver?.session.drain());
    this.#handshake = new Handshake(core, this, this.#sender);
    this.#keepAlive = new KeepAlive(() => this.#handleSilence());
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    // 'close' always follows an error, and says all there is to say.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#handleClose());
  }

  get connect(): ConnectPacket | null {
    return this.#handshake.connect;
  }

  get clientId(): string {
    return this.#clientId;
  }

  get protocolVersion(): ProtocolVersion {
    return this.#sender.version;
  }

  get closed(): boolean {
    return this.#state !== 'open';
  }

  get pendingBytes(): number {
    return this.#sender.pendingBytes;
  }

  get congested(): boolean {
    return this.#sender.congested;
  }

  get receiveMaximum(): number {
    return this.connect?.properties.receiveMaximum ?? RECEIVE_MAXIMUM;
  }

  send(packet: Packet): void {
    if (!this.closed) this.#sender.send(packet);
  }

  sendRaw(bytes: Uint8Array): void {
    if (!this.closed) this.#sender.sendRaw(bytes);
  }

  disconnect(reasonCode: number, properties: PropertiesOf<'disconnect'> = {}): void {
    if (this.closed) return;
    // There is no DISCONNECT before the CONNACK [MQTT-3.14.0-1], and none in MQTT 3.1.1.
    if (this.#handler !== null && this.protocolVersion === 5) {
      this.#sender.transmit({ type: PacketType.DISCONNECT, reasonCode, properties });
    }
    this.end({ by: 'broker', reasonCode });
  }

  destroy(): void {
    if (!this.closed) this.#leave({ by: 'broker', reasonCode: null });
    this.#socket.resetAndDestroy();
  }

  pauseReading(): void {
    this.#readingPaused = true;
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#readingPaused = false;
    this.#goOn();
  }

  pauseWriting(): void {
    this.#sender.pause();
  }

  resumeWriting(): void {
    this.#sender.resume();
  }

  /** Sends a message of the session. False when it is too large for the Client. */
  sendPublish(
    message: Message,
    header: number,
    packetId: number,
    identifiers: Uint8Array,
  ): boolean {
    return this.#sender.sendPublish(message, header, packetId, identifiers);
  }

  sendPubrel(packetId: number, reasonCode: number): void {
    this.#sender.sendAck(PacketType.PUBREL, packetId, reasonCode);
  }

  takeOver(): void {
    this.disconnect(REASON_CODES.sessionTakenOver.value);
  }

  setVersion(version: ProtocolVersion): void {
    this.#framer.version = version;
    this.#sender.version = version;
  }

  join(session: Session, packet: ConnectPacket): void {
    const core = this.#core;
    const sender = this.#sender;
    const receiver = new PublishReceiver(core, this, session, sender, () => this.#goOn());
    const parts = { connection: this, handshake: this.#handshake, sender, receiver };
    this.#clientId = session.clientId;
    this.#receiver = receiver;
    this.#handler = new PacketHandler(core, parts);
    this.#keepAlive.start(grantKeepAlive(packet, core.options) * core.options.secondMs);
  }

  fail(reasonCode: number): void {
    this.#core.counters.violations++;
    this.disconnect(reasonCode);
  }

  /**
   * Ends the connection after what has been sent. The Client's side is read on until it closes as well:
   * unread bytes would make the close a reset, which can overtake a DISCONNECT.
   */
  end(disconnection: Disconnection): void {
    if (this.closed) return;
    this.#leave(disconnection);
    this.#sender.flush();
    this.#socket.end();
    this.#socket.resume();
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  #receive(chunk: Uint8Array): void {
    this.#core.counters.bytesReceived += chunk.length;
    if (!this.#listens()) return;
    this.#keepAlive.refresh();
    this.#input.add(chunk);
    this.#process();
  }

  /** Does it matter what arrives? */
  #listens(): boolean {
    return this.#state === 'open' && !this.#handshake.stalled;
  }

  #isReading(): boolean {
    return this.#listens() && !this.#readingPaused && this.#receiver?.stopped !== true;
  }

  /** Acts on all packets that have arrived. A listener may call back in here: one loop is enough. */
  #process(): void {
    if (this.#processing) return;
    this.#processing = true;
    while (this.#isReading() && this.#takePacket());
    this.#processing = false;
    this.#input.settle();
    if (this.#receiver?.stopped === true) this.#socket.pause();
  }

  /** Goes on reading, unless there is another reason not to. */
  #goOn(): void {
    if (!this.#isReading()) return;
    this.#process();
    if (this.#isReading()) this.#socket.resume();
  }

  #takePacket(): boolean {
    const { memory, start, end } = this.#input;
    const framer = this.#framer;
    const status = framer.scan(memory, start, end);
    if (status === FrameStatus.INCOMPLETE) return false;
    if (status === FrameStatus.VIOLATION) {
      this.fail(framer.violation?.reasonCode ?? REASON_CODES.malformedPacket.value);
      return false;
    }
    this.#input.consume(framer.end);
    this.#core.counters.packetsReceived++;
    this.#handlePacket(memory, framer.header, framer.bodyStart, framer.end);
    return true;
  }

  #handlePacket(memory: Uint8Array, header: number, start: number, end: number): void {
    if (this.#core.events.listenerCount('packet') > 0) this.#show(memory, header, start, end);
    const fault = this.#core.faults.onReceive(this, header >>> 4);
    if (fault?.reasonCode === null) this.destroy();
    else if (fault !== undefined) this.disconnect(fault.reasonCode);
    if (this.#listens())
      (this.#handler ?? this.#handshake).handlePacket(memory, header, start, end);
  }

  /** Shows a packet to the listeners; what is wrong with it is found again when it is acted on. */
  #show(memory: Uint8Array, header: number, start: number, end: number): void {
    const { packet } = decodePacket(memory, header, start, end, this.protocolVersion, 'client');
    if (packet !== null) this.#core.events.emit('packet', this, packet);
  }

  #handleSilence(): void {
    if (this.#isReading()) this.disconnect(REASON_CODES.keepAliveTimeout.value);
    else this.#keepAlive.refresh();
  }

  #leave(disconnection: Disconnection): void {
    this.#state = 'closing';
    this.#disconnection = disconnection;
    this.#keepAlive.stop();
    if (this.#receiver === null) return;
    this.#receiver.close();
    this.#core.sessions.leave(this.#receiver.session);
  }

  #handleClose(): void {
    if (!this.closed) this.#leave({ by: 'network', reasonCode: null });
    this.#state = 'closed';
    clearTimeout(this.#linger);
    this.#onClose();
    this.#core.events.emit('disconnect', this, this.#disconnection);
  }
}
