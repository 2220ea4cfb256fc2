import { describe, expect, test } from 'vitest';
import { HostTimer } from '../../src/host/host-timer.js';
import { FakeEnvironment } from '../support/fake-environment.js';

describe('the timer', () => {
  test('deadline → fires then, not before; fractions are rounded up', () => {
    const { environment, timer, fired } = setUp();
    timer.arm(environment.time + 10.2, environment.time);
    environment.advance(10);
    expect(fired()).toBe(0);
    environment.advance(1);
    expect(fired()).toBe(1);
  });

  test('deadline that is past → fires at once', () => {
    const { environment, timer, fired } = setUp();
    timer.arm(environment.time - 5, environment.time);
    environment.advance(0);
    expect(fired()).toBe(1);
  });

  test('deadline that moves away → the timer stays; one that comes closer → it is set anew', () => {
    const { environment, timer, fired } = setUp();
    timer.arm(environment.time + 100, environment.time);
    for (let extra = 0; extra < 1000; extra++)
      timer.arm(environment.time + 100 + extra, environment.time);
    expect(environment.timersSet).toBe(1);
    timer.arm(environment.time + 20, environment.time);
    expect([environment.timersSet, environment.timers.length]).toEqual([2, 1]);
    environment.advance(20);
    expect(fired()).toBe(1);
    environment.advance(1000);
    expect(fired()).toBe(1);
  });

  test('no deadline, or cancelled → never fires', () => {
    const { environment, timer, fired } = setUp();
    timer.arm(Number.POSITIVE_INFINITY, environment.time);
    timer.arm(environment.time + 10, environment.time);
    timer.cancel();
    environment.advance(1e9);
    expect([fired(), environment.timers.length]).toEqual([0, 0]);
  });

  test('deadline beyond what the platform can wait → the longest wait there is', () => {
    const { environment, timer } = setUp();
    timer.arm(environment.time + 1e12, environment.time);
    expect(environment.timers[0]!.at).toBe(environment.time + 0x7fff_ffff);
  });

  test('armed from its own callback → fires again', () => {
    const environment = new FakeEnvironment();
    let fired = 0;
    const timer: HostTimer = new HostTimer(environment, () => {
      if (++fired < 3) timer.arm(environment.time + 10, environment.time);
    });
    timer.arm(environment.time + 10, environment.time);
    environment.advance(100);
    expect(fired).toBe(3);
  });
});

function setUp() {
  const environment = new FakeEnvironment();
  let fired = 0;
  const timer = new HostTimer(environment, () => fired++);
  return { environment, timer, fired: () => fired };
}
