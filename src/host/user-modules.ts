import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { WorkerOptions } from '../options/schema.js';
import type { TransportFactory } from '../transport/custom-transport.js';
import { textOf } from '../util/text-of.js';
import {
  isTopicAliasResolver,
  type TopicAliasResolver,
} from '../validation/topic-alias-resolver.js';

/** Code of the user's that runs on the thread of the protocol. */
export interface UserCode {
  readonly topicAliasResolver: TopicAliasResolver | undefined;
  readonly transport: TransportFactory | undefined;
}

/** What was loaded, or why it is no use. */
export type Loaded<T> =
  | { readonly value: T; readonly error: null }
  | { readonly value: null; readonly error: ErrorRecord };

export type CodeOptions = Pick<WorkerOptions, 'topicAliasResolver' | 'transport'>;

/** The options that name modules. */
export function modulesOf(options: CodeOptions): readonly (keyof CodeOptions)[] {
  return (['topicAliasResolver', 'transport'] as const).filter(
    (option) => typeof options[option] === 'string',
  );
}

/** Loads the modules of one client on the thread that calls. @returns At once what there is, if none is to be loaded. */
export function loadUserCode(options: CodeOptions): Loaded<UserCode> | Promise<Loaded<UserCode>> {
  const { topicAliasResolver, transport } = options;
  if (typeof topicAliasResolver === 'string' || typeof transport === 'string')
    return loadModules(options);
  return { value: { topicAliasResolver, transport }, error: null };
}

async function loadModules(options: CodeOptions): Promise<Loaded<UserCode>> {
  const resolver = await load('topicAliasResolver', options.topicAliasResolver, toResolver);
  if (resolver.error !== null) return resolver;
  const transport = await load('transport', options.transport, toTransportFactory);
  if (transport.error !== null) return transport;
  const value = { topicAliasResolver: resolver.value, transport: transport.value };
  return { value, error: null };
}

/**
 * @param given  The URL of a module, or what would come out of it.
 * @param take   Makes of the default export what is wanted; a string says why it can not.
 */
async function load<T extends object>(
  option: string,
  given: string | T | undefined,
  take: (exported: unknown) => T | string,
): Promise<Loaded<T | undefined>> {
  if (typeof given !== 'string') return { value: given, error: null };
  try {
    const module = (await import(/* webpackIgnore: true */ given)) as { readonly default: unknown };
    const taken = take(module.default);
    return typeof taken === 'string' ? refuse(option, taken) : { value: taken, error: null };
  } catch (cause) {
    const message = textOf(() => (cause instanceof Error ? cause.message : cause));
    return refuse(option, 'the module can not be loaded', { message });
  }
}

function toResolver(exported: unknown): TopicAliasResolver | string {
  const resolver = isFunction(exported) ? exported() : undefined;
  if (isTopicAliasResolver(resolver)) return resolver;
  return 'its default export is no function that returns a resolver';
}

/** What it makes is looked at when it does. */
function toTransportFactory(exported: unknown): TransportFactory | string {
  return isTransportFactory(exported) ? exported : 'its default export is no function';
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function isTransportFactory(value: unknown): value is TransportFactory {
  return typeof value === 'function';
}

/** @param option  Which it is about. */
export function refuse(
  option: string,
  problem: string,
  cause?: ErrorRecord['cause'],
): { readonly value: null; readonly error: ErrorRecord } {
  const detail = `${option}: ${problem}`;
  return { value: null, error: { code: 'GNEISS_ERR_INVALID_OPTION', detail, cause } };
}
