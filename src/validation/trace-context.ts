import { isRecord, refuse, type UserProperties } from './values.js';

/** Which trace something belongs to, in the words of W3C Trace Context: names of User Properties, and keys of a carrier of OpenTelemetry. */
export interface TraceContext {
  /** `version-traceId-parentId-flags`, in lower-case hexadecimal. */
  readonly traceparent: string;
  /** What vendors add, as a list of `key=value` with commas. */
  readonly tracestate?: string | undefined;
}

const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/;
/** Only later versions may have more behind the flags. */
const TRACEPARENT_00_LENGTH = 55;
/** What the specification asks everybody to pass on. A longer one is not passed on at all. */
const TRACESTATE_MAX = 512;

/** The User Properties that tell a trace context: those of a message, none of which is replaced. */
export function addTraceContext(
  userProperties: UserProperties,
  { traceparent, tracestate }: TraceContext,
): UserProperties {
  if (userProperties.some(([name]) => name === 'traceparent')) return userProperties;
  const state = tracestate === undefined ? [] : [['tracestate', tracestate] as const];
  return [...userProperties, ['traceparent', traceparent], ...state];
}

/** The trace context that User Properties tell; undefined when they tell none, or one that is not well-formed. */
export function findTraceContext(userProperties: UserProperties): TraceContext | undefined {
  const parents = valuesOf(userProperties, 'traceparent');
  const traceparent = parents[0];
  if (traceparent === undefined || parents.length > 1 || !isTraceparent(traceparent))
    return undefined;
  // Several are one list.
  const tracestate = valuesOf(userProperties, 'tracestate').join(',');
  return tracestate === '' || tracestate.length > TRACESTATE_MAX
    ? { traceparent }
    : { traceparent, tracestate };
}

/** The trace context that code of the user has given: an object, in which other keys are left alone; null: there is none. */
export function parseTraceContext(value: unknown, name: string): TraceContext | null {
  if (value === undefined || value === null) return null;
  if (!isRecord(value)) return refuse(name, 'must give an object');
  const { traceparent, tracestate } = value;
  if (traceparent === undefined) return null;
  if (typeof traceparent !== 'string' || !isTraceparent(traceparent))
    return refuse(name, 'must give a traceparent of W3C Trace Context');
  if (tracestate === undefined || tracestate === '') return { traceparent };
  if (typeof tracestate !== 'string' || !/^[\x20-\x7e]*$/.test(tracestate))
    return refuse(name, 'must give a tracestate of printable ASCII');
  return tracestate.length > TRACESTATE_MAX ? { traceparent } : { traceparent, tracestate };
}

function isTraceparent(text: string): boolean {
  return (
    TRACEPARENT.test(text) && (!text.startsWith('00') || text.length === TRACEPARENT_00_LENGTH)
  );
}

function valuesOf(userProperties: UserProperties, wanted: string): readonly string[] {
  return userProperties.filter(([name]) => name === wanted).map(([, value]) => value);
}
