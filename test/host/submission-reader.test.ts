import { expect, test } from 'vitest';
import { SubmissionFlag, SubmissionKind } from '../../src/channel/control-messages.js';
import { createChannelMemory, SUBMISSION } from '../../src/channel/layout.js';
import { RingProducer } from '../../src/channel/ring.js';
import { SubmissionReader } from '../../src/host/submission-reader.js';
import { SessionFixture } from '../support/session-fixture.js';

const TOKEN = 5;

/** A reader whose main thread is played by the test, and an offline session that takes its submissions. */
function createReader() {
  const memory = createChannelMemory({
    submissionRecords: 8,
    completionRecords: 8,
    deliveryRecords: 8,
    acknowledgementRecords: 8,
    inboundSegments: 1,
    outboundSegments: 1,
    segmentBytes: 4096,
  });
  const ring = new RingProducer(memory, 'submission');
  const s = new SessionFixture(5, {}, memory.bytes);
  const reader = new SubmissionReader(memory, () => false);
  return {
    s,
    reader,
    submit: (token: number) => {
      const record = ring.reserve();
      memory.words[record + SUBMISSION.kind] = SubmissionKind.PUBLISH;
      memory.words[record + SUBMISSION.flags] = 1 & SubmissionFlag.QOS_MASK;
      memory.words[record + SUBMISSION.token] = token;
      s.sink.holdFrame(0, 0);
      s.sink.openTokens.add(token);
      ring.commit();
      ring.publish();
    },
    read: () => reader.submitTo(s.session, s.batch, s.now),
  };
}

test('aborted before its record is reached → refused, never submitted', () => {
  const { s, reader, submit, read } = createReader();
  submit(TOKEN);
  reader.abort(TOKEN);
  read();
  expect(s.outcome(TOKEN)).toBe('GNEISS_ERR_ABORTED');
  expect(s.session.operations).toBe(0);
});

test('aborted after it was completed → a later operation with the same token is not taken for it', () => {
  const { s, reader, submit, read } = createReader();
  reader.abort(TOKEN);
  submit(TOKEN);
  read();
  expect(s.session.operations).toBe(1);
  // With others on their way it could be one of them; once all of them are read, it was not.
  submit(TOKEN + 1);
  reader.abort(TOKEN + 2);
  read();
  submit(TOKEN + 2);
  read();
  expect(s.session.operations).toBe(3);
});
