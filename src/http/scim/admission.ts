import type { Policies } from '../../domain/policies.js';
import { ipRange, isInRanges, shownAddress, type IpRange } from '../ip-ranges.js';
import { policiesOf } from '../policies.js';

/** What the policies of an organization say to those who call with its token. */
export interface Admission {
  readonly policies: Policies;
  /** Empty: from everywhere. */
  readonly ranges: readonly IpRange[];
}

/** Why the connection of an organization lets nobody in who has a valid token. */
export interface ConnectionRefusal {
  readonly reason: 'sync-disabled' | 'entitlement-missing' | 'ip-not-allowed';
  readonly detail: string;
}

const read = new WeakMap<Readonly<Record<string, unknown>>, Admission>();

/** @param recorded parsed once for as long as it is the same object */
export function admissionOf(recorded: Readonly<Record<string, unknown>>): Admission {
  let admission = read.get(recorded);
  if (!admission) {
    const policies = policiesOf(recorded);
    const ranges = policies.ipAllowlist.map(ipRange).filter((range) => range !== undefined);
    admission = { policies, ranges };
    read.set(recorded, admission);
  }
  return admission;
}

/** The address comes first: whoever took a token elsewhere learns nothing else. */
export function connectionRefusal(
  { policies, ranges }: Admission,
  syncEnabled: boolean,
  address: string,
): ConnectionRefusal | undefined {
  if (policies.ipAllowlist.length > 0 && !isInRanges(address, ranges)) {
    const detail = `the address ${shownAddress(address)} is not on the IP allowlist of this organization`;
    return { reason: 'ip-not-allowed', detail };
  }
  if (!syncEnabled) {
    return { reason: 'sync-disabled', detail: 'SCIM is not enabled for this organization' };
  }
  if (!policies.entitled) {
    const detail = 'the plan of this organization does not include SCIM (policy entitled)';
    return { reason: 'entitlement-missing', detail };
  }
  return undefined;
}
