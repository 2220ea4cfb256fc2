/*
 * Runs the entry of a utility process of Electron in a plain process of Node.js: `process.parentPort` and the ports that come over it
 * are stand-ins over the channel to the parent, which clones messages as Electron does, and refuses shared memory as Electron does.
 */
import { EventEmitter } from 'node:events';

const ports = new Map();

/** What of MessagePortMain a utility process uses. */
class PortStandIn extends EventEmitter {
  #id;
  #waiting = [];

  constructor(id) {
    super();
    this.#id = id;
  }

  postMessage(message, transfer = []) {
    if (transfer.length > 0) throw new TypeError('the stand-in transfers nothing');
    // The channel of Node.js would copy a view of it.
    if (hasSharedMemory(message)) throw new TypeError('An object could not be cloned.');
    process.send({ port: this.#id, message });
  }

  /** What has come before waits for this. */
  start() {
    for (const message of this.#waiting ?? []) this.emit('message', message);
    this.#waiting = null;
  }

  arrive(data) {
    const message = { data, ports: [] };
    if (this.#waiting === null) this.emit('message', message);
    else this.#waiting.push(message);
  }
}

function hasSharedMemory(value) {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return value.buffer instanceof SharedArrayBuffer;
  return value instanceof SharedArrayBuffer || Object.values(value).some(hasSharedMemory);
}

process.parentPort = new EventEmitter();

process.on('message', ({ kind, port: id, data }) => {
  const port = ports.get(id) ?? new PortStandIn(id);
  ports.set(id, port);
  if (kind === 'open') process.parentPort.emit('message', { data, ports: [port] });
  else if (kind === 'message') port.arrive(data);
  else port.emit('close');
});

await import(process.argv[2]);
