import type { ProtocolVersion } from 'gneiss-mqtt';
import { describe, expect, test } from 'vitest';
import type { Cut } from '../support/faulty-link.js';
import { HAS_MOSQUITTO, Mosquitto } from '../support/mosquitto.js';
import { exchange, OtherEnd, type Run, type Verdict } from '../support/numbered-exchange.js';

const VERSIONS: readonly ProtocolVersion[] = [5, 4];
/** Runs under way at a time. */
const LANES = 16;

/** All names are of one length: a byte has its place in every run. */
function toRun(protocolVersion: ProtocolVersion, cut: Cut | null): Run {
  const place = cut === null ? 'uncut-000' : `${cut.direction}-${cut.after}`.padStart(9, '-');
  return { name: `v${protocolVersion}-${place}`, protocolVersion, cut };
}

/** After every byte, also before the first and after the last. What is FIN in one version is RST in the other. */
function cutsOf(version: ProtocolVersion, { passed }: Verdict): readonly Cut[] {
  return (['up', 'down'] as const).flatMap((direction) =>
    Array.from({ length: passed[direction] + 1 }, (_, after) => {
      const by = (after + version) % 2 === 0 ? 'end' : 'reset';
      return { direction, after, by };
    }),
  );
}

describe.skipIf(!HAS_MOSQUITTO)(
  'mosquitto, the connection cut after every byte of a session',
  () => {
    test.each(VERSIONS)(
      'MQTT %i → nothing lost at QoS 1, QoS 2 exactly once, every promise settled',
      async (version) => {
        await using broker = await Mosquitto.start('normal');
        await using other = await OtherEnd.connect(broker.url);
        const whole = await exchange(broker.port, other, toRun(version, null));
        expect(whole).toMatchObject({ faults: [], duplicates: 0, isCut: false, isResumed: false });

        const cuts = cutsOf(version, whole);
        const runs = cuts.map((cut) => toRun(version, cut));
        const faults: string[] = [];
        let resumed = 0;
        const runAll = async (): Promise<void> => {
          for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
            const verdict = await exchange(broker.port, other, run);
            if (verdict.isResumed) resumed++;
            if (!verdict.isCut) faults.push(`${run.name}: not cut`);
            for (const fault of verdict.faults) faults.push(`${run.name}: ${fault}`);
          }
        };
        await Promise.all(Array.from({ length: LANES }, runAll));
        expect(faults).toEqual([]);
        expect(cuts.length).toBeGreaterThan(600);
        expect(resumed).toBeGreaterThan(500);
      },
      120_000,
    );
  },
);
