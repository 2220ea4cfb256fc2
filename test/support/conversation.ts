import { type ClientOptions, connect, type MqttClient, type Qos } from 'gneiss-mqtt';
import { Inbox } from './scripted-server.js';

const QOS: readonly Qos[] = [0, 1, 2];

/** A client that has subscribed, and what it has received of its own messages: number and length, at each QoS. */
export class Conversation implements AsyncDisposable {
  readonly client: MqttClient;
  readonly #received: Readonly<Record<Qos, Inbox<number>>> = {
    0: new Inbox(),
    1: new Inbox(),
    2: new Inbox(),
  };

  private constructor(client: MqttClient) {
    this.client = client;
  }

  static async start(url: string, options: ClientOptions): Promise<Conversation> {
    const conversation = new Conversation(await connect(url, options));
    await conversation.client.subscribe('n/+', { qos: 2 }, ({ topicName, payload }) => {
      const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      conversation.#received[Number(topicName.slice(2)) as Qos].push(number);
    });
    return conversation;
  }

  /** Publishes numbers at each of the QoS. @returns Resolves when all are acknowledged. */
  async publish(from: number, count: number, qos: readonly Qos[] = QOS, bytes = 4): Promise<void> {
    const payload = new Uint8Array(bytes);
    const view = new DataView(payload.buffer);
    const results: Promise<unknown>[] = [];
    for (let number = from; number < from + count; number++) {
      view.setUint32(0, number);
      // Borrowed for the call only.
      for (const one of qos) results.push(this.client.publish(`n/${one}`, payload, { qos: one }));
    }
    await Promise.all(results);
  }

  /** The next of what has come at a QoS; at QoS 1 what has come before may come again. */
  async next(qos: Qos, expected: number): Promise<number> {
    let number = await this.#received[qos].take();
    while (qos === 1 && number < expected) number = await this.#received[qos].take();
    return number;
  }

  /** @throws Error  What has come is not the numbers in order. */
  async expect(from: number, count: number, qos: readonly Qos[] = QOS): Promise<void> {
    for (let number = from; number < from + count; number++) {
      for (const one of qos) {
        const next = await this.next(one, number);
        if (next !== number) throw new Error(`QoS ${one}: ${next} instead of ${number}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}
