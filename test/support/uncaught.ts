import { Inbox } from './scripted-server.js';

/**
 * Takes the exceptions that nobody catches, instead of the test runner.
 *
 * @returns What was thrown, in order. Disposed of, the runner gets them again.
 */
export function uncaughtExceptions(): Inbox<unknown> & Disposable {
  const thrown = new Inbox<unknown>();
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const push = (error: unknown): void => {
    thrown.push(error);
  };
  process.on('uncaughtException', push);
  return Object.assign(thrown, {
    [Symbol.dispose]: () => {
      process.removeListener('uncaughtException', push);
      for (const listener of listeners) process.on('uncaughtException', listener);
    },
  });
}
