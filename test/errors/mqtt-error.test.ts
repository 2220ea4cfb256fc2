import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';

test('an error that is printed → no line for what there is not', () => {
  const bare = new MqttError('GNEISS_ERR_CLOSED');
  expect(inspect(bare)).not.toContain('undefined');
  expect(bare.reasonCode).toBeUndefined();
  const refused = new MqttError('GNEISS_ERR_REASON_CODE', { reasonCode: 0x87 });
  expect(inspect(refused)).toContain('reasonCode: 135');
  expect(refused.reasonCode).toBe(0x87);
});
