import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { OpeningStage } from '../transport/transport.js';

/** What an attempt waits for: first of all for `connectOptions`. */
export type AttemptStage = 'options' | OpeningStage;

/** What an attempt waits for, in words. */
const STAGES: Readonly<Record<AttemptStage, string>> = {
  options: 'options',
  lookup: 'name resolution',
  connect: 'connection',
  proxy: 'proxy',
  tls: 'TLS handshake',
  upgrade: 'WebSocket upgrade',
};

/** An attempt has taken too long. */
export function connectTimeout(stage: AttemptStage): ErrorRecord {
  return { code: 'GNEISS_ERR_CONNECT_TIMEOUT', detail: STAGES[stage] };
}

/**
 * What the end of a transport means when nothing else went wrong before it.
 *
 * @param stage What it waited for; null: it had opened.
 */
export function transportFailure(
  error: Error | null,
  stage: AttemptStage | null,
  wasAccepted: boolean,
): ErrorRecord {
  const code = wasAccepted ? 'GNEISS_ERR_CONNECTION_CLOSED' : 'GNEISS_ERR_CONNECT_FAILED';
  const during = stage === null ? '' : `${STAGES[stage]}: `;
  if (error === null) return { code, detail: `${during}the Server closed the connection` };
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const { message } = error;
  return { code, detail: `${during}${message}`, cause: { message, code: systemCode } };
}
