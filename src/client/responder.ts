import type { PublishOptions, ResponseOptions } from '../validation/operations.js';
import type { Message } from './message.js';
import type { Payload } from './payload.js';
import type { MessageHandler } from './subscription.js';

/** What a responder answers with: a payload, or one with options; nothing for no answer. */
export type ResponseInput =
  | Payload
  | (ResponseOptions & {
      /** What the answer says. Copied once the handler is done. */
      readonly payload: Payload;
    })
  | undefined;

/**
 * Answers one request. The request is leased, and its acknowledgement waits, until the answer is published. What it throws, and what the publish fails with, comes as
 * the event 'handlerError'; nothing is answered then.
 *
 * @param request  Leased: its payload is valid until the answer is published.
 */
export type RequestHandler = (request: Message) => ResponseInput | Promise<ResponseInput>;

type Publish = (topicName: string, payload: Payload, options: PublishOptions) => Promise<unknown>;

/** Makes a handler of messages of one that answers them. */
export function toMessageHandler(handler: RequestHandler, publish: Publish): MessageHandler {
  return async (request) => {
    const { responseTopic, correlationData } = request.properties;
    const answer = await handler(request);
    if (answer === undefined || responseTopic === undefined) return;
    const { payload, ...options } = isPayload(answer) ? { payload: answer } : answer;
    await publish(responseTopic, payload, { qos: request.qos, ...options, correlationData });
  };
}

function isPayload(answer: Exclude<ResponseInput, undefined>): answer is Payload {
  return (
    typeof answer === 'string' ||
    ArrayBuffer.isView(answer) ||
    answer instanceof ArrayBuffer ||
    answer instanceof SharedArrayBuffer
  );
}
