/*
 * The page: draws the latest value of each topic. A classic script, since pages from files may not load modules.
 */
const rows = new Map();
const decoder = new TextDecoder();
let skippedInAll = 0;

addEventListener('message', ({ source, data, ports: [port] }) => {
  // From the preload script, and not from a frame.
  if (source !== window || data !== 'mqtt') return;
  port.onmessage = (event) => {
    // A frame is the pace: what comes meanwhile comes with the next one. Frames of a window that is hidden do not come at all.
    requestAnimationFrame(() => {
      draw(event.data);
      port.postMessage('next');
    });
  };
  port.postMessage('next');
});

function draw({ connected, values, skipped }) {
  skippedInAll += skipped;
  document.getElementById('state').textContent =
    `${connected ? 'connected' : 'no connection to the broker'}, ${skippedInAll} older values skipped`;
  for (const [topicName, payload] of values) {
    cellOf(topicName).textContent = decoder.decode(payload);
  }
}

function cellOf(topicName) {
  const known = rows.get(topicName);
  if (known !== undefined) return known;
  const row = document.getElementById('values').insertRow();
  // As text: whoever may publish says what a topic is called.
  row.insertCell().textContent = topicName;
  const cell = row.insertCell();
  rows.set(topicName, cell);
  return cell;
}
