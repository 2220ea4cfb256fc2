import type { PropertiesOf } from '../codec/property-table.js';
import type { PublishOptions } from '../validation/operations.js';

/** The properties of a PUBLISH that its options ask for; null when there are none. The Topic Alias is for the worker to add. */
export function toProperties(options: PublishOptions): PropertiesOf<'publish'> | null {
  const {
    messageExpiryInterval,
    payloadFormatIndicator,
    responseTopic,
    correlationData,
    contentType,
    userProperties,
  } = options;
  const none =
    messageExpiryInterval === undefined &&
    payloadFormatIndicator === undefined &&
    responseTopic === undefined &&
    correlationData === undefined &&
    contentType === undefined &&
    userProperties === undefined;
  if (none) return null;
  return {
    messageExpiryInterval,
    payloadFormatIndicator,
    responseTopic,
    correlationData,
    contentType,
    userProperties,
  };
}
