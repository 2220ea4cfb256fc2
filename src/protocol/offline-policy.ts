import { OperationKind } from './operation-table.js';

/** Which operations outlive the lack of a connection. */
export type OfflineQueue = 'all' | 'acknowledged' | 'qos1-plus' | 'nothing';

/** Whether the policy keeps an operation of this kind while there is no connection. */
export function survivesOffline(policy: OfflineQueue, kind: OperationKind): boolean {
  switch (policy) {
    case 'all':
      return true;
    case 'acknowledged':
      return kind !== OperationKind.QOS_0;
    case 'qos1-plus':
      return kind === OperationKind.QOS_1 || kind === OperationKind.QOS_2;
    case 'nothing':
      return false;
  }
}
