import type { LaneContext } from './lanes/lane.js';
import { LANES } from './lanes/lanes.js';

// A process of its own for one run of one lane with one client: no run inherits another's heap or compiled code.
const context = JSON.parse(process.argv[2] ?? '{}') as LaneContext;
const lane = LANES.find(({ name }) => name === context.lane);
if (lane === undefined) throw new Error(`There is no lane ${context.lane}`);
const result = await lane.run(context);
// Once the result is out, the process ends without goodbye: closing is not what is measured.
process.send?.(result, undefined, undefined, () => process.exit());
