import type {
  GroupCreated,
  GroupMembersChanged,
  TokenIssued,
  UserProvisioned,
} from '../../src/domain/events.js';
import type {
  ClaimId,
  GroupId,
  JsonObject,
  OrganizationId,
  TeamId,
  TokenId,
  UserId,
} from '../../src/domain/identifiers.js';

import type { ExistingOrganization } from '../../src/domain/organization.js';
import { defaultPolicies, type Policies } from '../../src/domain/policies.js';

export const acme = 'acme' as OrganizationId;
export const ada = '00000000-0000-7000-8000-000000000ada' as UserId;
export const bob = '00000000-0000-7000-8000-000000000b0b' as UserId;
export const engineers = '00000000-0000-7000-8000-0000000000e0' as GroupId;
export const engineering = '00000000-0000-7000-8000-0000000000ee' as TeamId;
export const oktaToken = '00000000-0000-7000-8000-0000000000f0' as TokenId;
export const firstClaim = 'claim-1' as ClaimId;
export const secondClaim = 'claim-2' as ClaimId;

export function userProvisioned({
  userName = 'ada',
  active = true,
  profile = {},
}: {
  readonly userName?: string;
  readonly active?: boolean;
  readonly profile?: JsonObject;
} = {}): UserProvisioned {
  const personal = { userName, profile };
  return { type: 'UserProvisioned', userId: ada, active, claimId: firstClaim, personal };
}

export const groupCreated: GroupCreated = {
  type: 'GroupCreated',
  groupId: engineers,
  displayName: 'Engineers',
  externalId: null,
  claimId: firstClaim,
};

/** With SCIM on, and the default policies but for these. */
export const organizationOf = (policies: Partial<Policies> = {}): ExistingOrganization => ({
  status: 'existing',
  organization: acme,
  displayName: 'Acme',
  nameKey: 'a2V5',
  syncEnabled: true,
  policies: { ...defaultPolicies, ...policies },
  adoptedThrough: null,
  teamSyncMappings: [],
  teamSync: { era: null, eras: 0, migrated: null },
  seatsSince: null,
});

export const membersChanged = (
  added: readonly UserId[],
  removed: readonly UserId[] = [],
): GroupMembersChanged => ({ type: 'GroupMembersChanged', groupId: engineers, added, removed });

export const tokenIssued: TokenIssued = {
  type: 'TokenIssued',
  tokenId: oktaToken,
  name: 'Okta',
  hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  expiresAt: null,
  claimId: firstClaim,
};
