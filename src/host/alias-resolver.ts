import type { ErrorRecord } from '../errors/mqtt-error.js';
import {
  isTopicAliasResolver,
  type TopicAliasResolver,
} from '../validation/topic-alias-resolver.js';

/** A resolver, or why there is none. */
export type LoadedResolver =
  | { readonly resolver: TopicAliasResolver; readonly error: null }
  | { readonly resolver: null; readonly error: ErrorRecord };

/**
 * Loads the module of a user's resolver on the thread that calls, and makes one for one client.
 *
 * @param url Of a module whose default export is a function that returns a resolver.
 */
export async function loadAliasResolver(url: string): Promise<LoadedResolver> {
  try {
    const module = (await import(url)) as { readonly default: unknown };
    const resolver = isFactory(module.default) ? module.default() : undefined;
    if (isTopicAliasResolver(resolver)) return { resolver, error: null };
    return refuse('its default export is no function that returns a resolver');
  } catch (cause) {
    return refuse('the module can not be loaded', cause instanceof Error ? cause.message : '');
  }
}

function isFactory(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function refuse(problem: string, message?: string): LoadedResolver {
  return {
    resolver: null,
    error: {
      code: 'GNEISS_ERR_INVALID_OPTION',
      detail: `topicAliasResolver: ${problem}`,
      ...(message !== undefined && { cause: { message } }),
    },
  };
}
