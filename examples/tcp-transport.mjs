// A transport of one's own: the worker loads this module, and calls its default export for each attempt to connect.
import { connect } from 'node:net';

/** @type {import('gneiss-mqtt').TransportFactory} */
export default function openTcp({ endpoint }, events) {
  const socket = connect({ ...endpoint, noDelay: true });
  let failure = null;
  socket.once('connect', () => events.opened());
  socket.on('data', (chunk) => {
    if (!events.receivedChunk(chunk)) socket.pause();
  });
  socket.on('end', () => socket.end());
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => events.closed(failure));
  return {
    write(pieces) {
      socket.cork();
      const last = pieces.at(-1);
      for (const piece of pieces) {
        socket.write(piece, piece === last ? () => events.flushed() : undefined);
      }
      socket.uncork();
    },
    resume: () => socket.resume(),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
}
