import { once } from 'node:events';
import { type Stats, statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Finding } from './finding.js';
import { failure } from './road.js';

/** Looks at the file of a Unix domain socket. */
export function examineFile(path: string): Finding {
  const step = 'socket file';
  try {
    const stats = statSync(path);
    if (stats.isSocket())
      return { step, verdict: 'ok', text: `${path} is a socket`, details: toDetails(stats) };
    const kind = stats.isDirectory() ? 'a directory' : 'a file';
    const text = `${path} is ${kind}, and no socket`;
    return { step, verdict: 'failed', text, hint: 'which socket does the broker listen at?' };
  } catch (error) {
    const { text } = failure(step, error);
    return { step, verdict: 'failed', text: `${path}: ${text}`, hint: hintFor(text) };
  }
}

/** Opens the socket, which somebody has to accept. */
export async function openFile(path: string, timeoutMs: number): Promise<Finding> {
  const step = 'Unix socket';
  const at = performance.now();
  const socket = connect({ path });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    return { step, verdict: 'ok', text: 'somebody accepts there', ms: performance.now() - at };
  } catch (error) {
    const found = failure(step, error);
    return { ...found, hint: hintFor(found.text) };
  } finally {
    socket.destroy();
  }
}

/** Who may do what with it. */
function toDetails({ mode, uid, gid }: Stats): Record<string, string> {
  return {
    owner: `user ${uid}, group ${gid}`,
    permissions: (mode & 0o777).toString(8).padStart(4, '0'),
  };
}

function hintFor(problem: string): string | undefined {
  if (problem.includes('ENOENT'))
    return 'is the broker running, and is this the path that it has in its configuration?';
  if (problem.includes('EACCES'))
    return 'it takes the right to write to the socket, and to enter every directory above it';
  return problem.includes('ECONNREFUSED')
    ? 'the file is left from a broker that no longer runs, or another one listens elsewhere'
    : undefined;
}
