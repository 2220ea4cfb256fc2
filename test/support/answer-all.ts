import type { SessionFixture } from './session-fixture.js';

/** Plays the Server that answers everything with success, until nothing is left to be answered. */
export function answerAll(s: SessionFixture): void {
  for (let texts = s.turn(); texts.length > 0; texts = s.turn()) answer(s, texts);
}

/** Answers packets that were written, each with success. */
export function answer(s: SessionFixture, texts: readonly string[]): void {
  for (const text of texts) {
    const packetId = Number(/#(\d+)/.exec(text)?.[1] ?? 0);
    if (text.startsWith('PUBLISH q1')) s.puback(packetId);
    else if (text.startsWith('PUBLISH q2')) s.pubrec(packetId);
    else if (text.startsWith('PUBREL')) s.pubcomp(packetId);
    else if (text.startsWith('SUBSCRIBE')) s.suback(packetId, 0);
    else if (text.startsWith('UNSUBSCRIBE')) s.unsuback(packetId, 0);
  }
}
