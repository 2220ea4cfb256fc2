import type { ControlRequest } from '../channel/control-messages.js';
import type { BELL } from '../channel/doorbell.js';
import type { PortToClient } from '../channel/host-task.js';
import type { HostEnvironment, Timer } from './environment.js';
import { type CodeOptions, type Loaded, modulesOf, refuse, type UserCode } from './user-modules.js';

/** For how many seconds modules of the user's may load. */
const LOADING_SECONDS_MAX = 30;

/** What has come meanwhile, in its order. */
export type Early = readonly (ControlRequest | typeof BELL)[];

/** Code that was loaded, and what the client has asked for until then. */
interface Start {
  readonly code: Loaded<UserCode>;
  readonly early: Early;
}

/**
 * Listens in the place of a host until there is one. A module may never come to the end of its loading: the client can be closed
 * all the same, and is after a while.
 *
 * @returns Null when the client was closed or is gone.
 */
export async function awaitUserCode(
  loading: Promise<Loaded<UserCode>>,
  options: CodeOptions,
  port: PortToClient,
  environment: HostEnvironment,
): Promise<Start | null> {
  const early: (ControlRequest | typeof BELL)[] = [];
  return new Promise((resolve) => {
    let seconds = 0;
    // Second by second: a thread that was blocked for longer may have what it waits for at once.
    const wait = (): Timer =>
      environment.setTimer(1000, () => {
        if (++seconds < LOADING_SECONDS_MAX) {
          timer = wait();
          return;
        }
        const problem = `not loaded after ${LOADING_SECONDS_MAX} s`;
        resolve({ code: refuse(modulesOf(options).join(' and '), problem), early });
      });
    let timer = wait();
    const end = (start: Start | null): void => {
      timer.cancel();
      resolve(start);
    };
    port.listen({
      received: (message) => {
        early.push(message);
        if (typeof message !== 'object' || message.kind !== 'close') return;
        port.close({ kind: 'closed', error: null });
        end(null);
      },
      gone: () => {
        end(null);
      },
    });
    void loading.then((code) => {
      end({ code, early });
    });
  });
}
