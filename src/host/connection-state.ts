import type { Transport } from '../transport/transport.js';
import type { Target } from './server-choice.js';

/**
 * Where the Network Connection stands. What the user wants (`started`, `stopped`, `closed`) is kept apart: every change of
 * either makes the one converge on the other. Without `connectOptions` nobody is asked.
 *
 * ```
 *   stopped ──► asking ──► opening ──► open ──► (transport closed) ──► waiting ──► asking
 *                  │          │          │                                │
 *                  └──────────┴──────────┴────── not started ─────────────┴──► stopped
 * ```
 */
export type ConnectionState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'asking'; readonly target: Target; readonly deadline: number }
  | { readonly kind: 'opening'; readonly transport: Transport; readonly deadline: number }
  | { readonly kind: 'open'; readonly transport: Transport; closingSince: number }
  | { readonly kind: 'waiting'; readonly until: number };
