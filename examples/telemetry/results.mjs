import { mebibytes, milliseconds, percent, print, table, whole } from './display.mjs';

const PERCENTILES = [50, 90, 99, 99.9];
const NOTES = [
  'Latency: from the moment a message was due to its handler. Unpaced, it would tell how long the queues are.',
  'Busy: event loop utilisation. Stall: how late the ticker came. Both are of the main thread; the memory is that',
  'of the process with the ingesting client, worker thread included. The whole run includes the warm-up.',
];

/**
 * Prints the table.
 *
 * @returns The exit code: 1 when a QoS 1 message was lost or came twice although the connections held.
 */
export function showResults({ phases, totals, disconnections, interrupted }) {
  const row = (label, ofPhase, ofAll = '') => [label, ...phases.map(ofPhase), ofAll];
  const sum = (name) => whole(totals.reduce((all, total) => all + total[name], 0));
  const latency = (read) => (phase) =>
    phase.latency === null ? '-' : milliseconds(read(phase.latency) / 1000);
  const none = () => '';
  const missing = interrupted ? 'lost or still on its way' : 'lost';
  print();
  table([
    row('', ({ name }) => name, 'whole run'),
    row('messages sent', ({ sent }) => whole(sent), sum('sent')),
    row('messages received', ({ received }) => whole(received), sum('received')),
    row('sent per second', ({ sent, seconds }) => whole(sent / seconds)),
    row('received per second', ({ receivedInTime, seconds }) => whole(receivedInTime / seconds)),
    row('payload received', ({ bytesInTime, seconds }) => `${mebibytes(bytesInTime / seconds)}/s`),
    ...PERCENTILES.map((p) =>
      row(
        `latency, ${p} %`,
        latency((all) => all.percentile(p)),
      ),
    ),
    row(
      'latency, longest',
      latency((all) => all.max),
    ),
    row('main thread busy', ({ utilization }) => percent(utilization)),
    row('longest stall', ({ stall }) => milliseconds(stall)),
    row('memory (resident)', ({ memory }) => mebibytes(memory)),
    ...totals.map(({ lost }, qos) => row(`${missing}, QoS ${qos}`, none, whole(lost))),
    ...totals.map(({ duplicates }, qos) => row(`duplicated, QoS ${qos}`, none, whole(duplicates))),
  ]);
  print();
  for (const line of NOTES) print(`  ${line}`);
  const [atMostOnce, atLeastOnce] = totals;
  const isBroken = atLeastOnce.lost > 0 || atLeastOnce.duplicates > 0;
  if (interrupted) return 0;
  if (disconnections > 0) {
    print(`  Connections were lost: ${disconnections}. Messages may be lost or come twice then.`);
    return 0;
  }
  if (atMostOnce.lost > 0) print('  A broker may drop QoS 0 messages for a client that is behind.');
  return isBroken ? 1 : 0;
}
