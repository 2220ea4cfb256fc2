import { describe, expect, test } from 'vitest';
import type { ErrorRecord } from '../../src/errors/mqtt-error.js';
import { ReconnectDelay } from '../../src/host/reconnect.js';
import { Prng } from '../support/prng.js';

const OPTIONS = { reconnectDelayMinMs: 100, reconnectDelayMaxMs: 1500, reconnectResetMs: 30_000 };
const FAILED: ErrorRecord = { code: 'GNEISS_ERR_CONNECT_FAILED' };

describe('delays', () => {
  test('failure after failure → doubled up to the longest', () => {
    const delay = new ReconnectDelay(OPTIONS, () => 1);
    const delays = Array.from({ length: 7 }, () => delay.take(FAILED, 0, false));
    expect(delays).toEqual([100, 200, 400, 800, 1500, 1500, 1500]);
  });

  test('full jitter → anywhere from 0 up to the delay, evenly', () => {
    const random = new Prng(5);
    const delay = new ReconnectDelay(
      { ...OPTIONS, reconnectDelayMinMs: 1500 },
      () => random.next() / 2 ** 32,
    );
    const delays = Array.from({ length: 4000 }, () => delay.take(FAILED, 0, false));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(1500);
    const quarters = [0, 1, 2, 3].map(
      (quarter) => delays.filter((ms) => Math.floor(ms / 375) === quarter).length,
    );
    for (const count of quarters) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('connection that lasted longer than reconnectResetMs → they start over; a shorter one → they do not', () => {
    const delay = new ReconnectDelay(OPTIONS, () => 1);
    const taken = [0, 0, 30_000, 30_001, 0].map((connectedMs) =>
      delay.take(FAILED, connectedMs, false),
    );
    expect(taken).toEqual([100, 200, 400, 100, 200]);
  });

  test.each([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x9c, 0x9d])(
    'refused with %i, which waiting hardly heals → the longest delay at once',
    (reasonCode) => {
      const delay = new ReconnectDelay(OPTIONS, () => 1);
      expect(delay.take({ code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode }, 0, false)).toBe(
        1500,
      );
    },
  );

  test('[MQTT-3.1.4-3] session taken over → the longest delay, however long the connection had lasted', () => {
    const delay = new ReconnectDelay(OPTIONS, () => 1);
    const error: ErrorRecord = { code: 'GNEISS_ERR_SERVER_DISCONNECT', reasonCode: 0x8e };
    expect(delay.take(error, 1_000_000, false)).toBe(1500);
  });

  test.each([0x80, 0x88, 0x89, 0x97, 0x9f])(
    'refused with %i, which passes → the next delay',
    (reasonCode) => {
      const delay = new ReconnectDelay(OPTIONS, () => 1);
      expect(delay.take({ code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode }, 0, false)).toBe(100);
    },
  );

  test('a lasting refusal, whatever chance says → at least half of the longest delay', () => {
    const refused: ErrorRecord = { code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode: 0x87 };
    const taken = [0, 0.5, 1].map((random) =>
      new ReconnectDelay(OPTIONS, () => random).take(refused, 0, false),
    );
    expect(taken).toEqual([750, 1125, 1500]);
  });

  test('the same code in an error of ours → the next delay', () => {
    const delay = new ReconnectDelay(OPTIONS, () => 1);
    expect(delay.take({ code: 'GNEISS_ERR_PEER_VIOLATION', reasonCode: 0x87 }, 0, false)).toBe(100);
  });

  test('other Servers left → the first delay each time, whatever was refused; then as if it were the first', () => {
    const delay = new ReconnectDelay(OPTIONS, () => 1);
    const refused: ErrorRecord = { code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode: 0x87 };
    const taken = [FAILED, refused, FAILED].map((error) => delay.take(error, 0, true));
    expect(taken).toEqual([100, 100, 100]);
    expect([delay.take(FAILED, 0, false), delay.take(FAILED, 0, false)]).toEqual([100, 200]);
    expect(delay.take(refused, 0, false)).toBe(1500);
    expect(delay.take(FAILED, 0, true)).toBe(100);
  });

  test('[MQTT-3.1.4-3] session taken over, other Servers left → the longest delay all the same', () => {
    const delay = new ReconnectDelay(OPTIONS, () => 1);
    const error: ErrorRecord = { code: 'GNEISS_ERR_SERVER_DISCONNECT', reasonCode: 0x8e };
    expect(delay.take(error, 0, true)).toBe(1500);
  });

  test('shortest and longest the same → always that', () => {
    const same = { ...OPTIONS, reconnectDelayMinMs: 50, reconnectDelayMaxMs: 50 };
    const delay = new ReconnectDelay(same, () => 0.5);
    expect([delay.take(FAILED, 0, false), delay.take(FAILED, 0, false)]).toEqual([25, 25]);
  });
});
