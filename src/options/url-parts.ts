import { parseUrl } from '../util/parse-url.js';
import { normalizeHost } from '../validation/hosts.js';

/** Refuses an address. It tells what the address must be, never what it was: it may hold a password or token. */
export type Refuse = (problem: string) => never;

/** A URL, or the text of one. @param expected What to use, in words. */
export function toUrl(value: unknown, expected: string, refuse: Refuse): URL {
  if (value instanceof URL) return value;
  if (typeof value !== 'string') return refuse('it must be a string or a URL');
  // The error of the URL parser repeats its input: it is dropped, not kept as a cause.
  return parseUrl(value) ?? refuse(expected);
}

/** The host in the form that name resolution takes; schemes that browsers don't know keep it as it was written. */
export function toHost({ hostname }: URL, expected: string, refuse: Refuse): string {
  if (hostname === '') return refuse(`it has no host; ${expected}`);
  return normalizeHost(hostname) ?? refuse('the host is not valid');
}

/** The port that the address names, or another. */
export function toPort({ port }: URL, otherwise: number, refuse: Refuse): number {
  if (port === '') return otherwise;
  const number = Number(port);
  return number > 0 ? number : refuse('the port must be from 1 to 65535');
}

/** What is percent-encoded in a part of the address. */
export function decodePart(text: string, name: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(`the ${name} is not valid percent-encoded UTF-8`);
  }
}

/** Username and password of the address, decoded; undefined where it has none. */
export function toCredentials(
  { username, password }: URL,
  refuse: Refuse,
): { readonly username: string | undefined; readonly password: string | undefined } {
  return {
    // A username may be empty in front of a password, but `mqtt://host` has none at all.
    username: username === '' ? undefined : decodePart(username, 'username', refuse),
    password: password === '' ? undefined : decodePart(password, 'password', refuse),
  };
}
