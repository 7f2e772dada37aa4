import type { OperationQuirk } from './quirk.js';
import { memberNamed } from './request-member.js';

/**
 * The name of an operation in another letter case. Microsoft Entra ID.
 *
 *     received  {"op":"Replace","path":"active","value":false}
 *     intended  {"op":"replace","path":"active","value":false}
 */
export const capitalizedOperation: OperationQuirk = {
  name: 'capitalized-operation',
  apply(_type, operation) {
    const member = memberNamed(operation, 'op');
    if (typeof member?.value !== 'string') return operation;
    const op = member.value.toLowerCase();
    return op === member.value ? operation : { ...operation, [member.key]: op };
  },
};
