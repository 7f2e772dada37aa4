import fc from 'fast-check';
import { apiKey } from '../../src/domain/api-key.js';
import { claim as name } from '../../src/domain/claim.js';
import type { Decider } from '../../src/domain/decider.js';
import type {
  ApiKeyEvent,
  ClaimEvent,
  GroupEvent,
  OrganizationEvent,
  OwnersEvent,
  SafeguardEvent,
  SeatsEvent,
  TeamEvent,
  TokenEvent,
  UserEvent,
} from '../../src/domain/events.js';
import { group } from '../../src/domain/group.js';
import type { ApiKeyId, JsonObject, UserId } from '../../src/domain/identifiers.js';
import { organization } from '../../src/domain/organization.js';
import { owners } from '../../src/domain/owners.js';
import { safeguard } from '../../src/domain/safeguard.js';
import { seats } from '../../src/domain/seats.js';
import { team } from '../../src/domain/team.js';
import { token } from '../../src/domain/token.js';
import { user } from '../../src/domain/user.js';
import {
  acme,
  ada,
  engineering as teamId,
  engineers as groupId,
  firstClaim,
  groupCreated,
  oktaToken as tokenId,
  secondClaim,
  tokenIssued,
} from './facts.js';
import { recordedAt, stateAfter } from './specification.js';

const claimId = fc.constantFrom(firstClaim, secondClaim);
const text = fc.string({ maxLength: 3 });
const members = fc.array(fc.constantFrom<UserId[]>(ada, 'x' as UserId), { maxLength: 3 });
const profile = fc.dictionary(text, fc.jsonValue({ maxDepth: 1 })) as fc.Arbitrary<JsonObject>;
const fenced = claimId.map((claim) => ({ type: 'ClaimFenced', claimId: claim }) as const);

const userEvent = fc.oneof(
  fenced,
  fc
    .tuple(fc.boolean(), claimId, text, profile)
    .map(([active, claim, userName, attributes]): UserEvent => ({
      type: 'UserProvisioned',
      userId: ada,
      active,
      claimId: claim,
      personal: { userName, profile: attributes },
    })),
  fc.tuple(claimId, text).map(([claim, userName]): UserEvent => ({
    type: 'UserRenamed',
    userId: ada,
    claimId: claim,
    personal: { userName },
  })),
  fc.tuple(profile, fc.array(text)).map(([set, removed]): UserEvent => ({
    type: 'UserProfileChanged',
    userId: ada,
    personal: { set, removed },
  })),
  fc
    .constantFrom(
      'UserDeactivated' as const,
      'UserLeftOrganization' as const,
      'UserReactivated' as const,
      'UserDeleted' as const,
    )
    .map((type): UserEvent => ({ type, userId: ada })),
  fc.tuple(claimId, text, profile).map(([claim, userName, attributes]): UserEvent => ({
    type: 'UserRegistered',
    userId: ada,
    origin: 'manual',
    claimId: claim,
    personal: { userName, profile: attributes },
  })),
  fc
    .tuple(
      fc.constantFrom('UserOverridden' as const, 'UserOverridesReplaced' as const),
      fc.array(text),
    )
    .map(([type, attributes]): UserEvent => ({ type, userId: ada, attributes })),
  text.map((role): UserEvent => ({
    type: 'UserRoleChanged',
    userId: ada,
    role,
    source: 'sign-in',
  })),
  fc.constantFrom<UserEvent[]>(
    { type: 'UserAdopted', userId: ada, matchedBy: 'userName' },
    { type: 'UserSucceeded', userId: ada, predecessorId: 'x' as UserId },
    { type: 'SignInTeamsChanged', userId: ada, teams: [teamId], era: 1 },
  ),
);
const groupEvent = fc.oneof(
  fenced,
  fc.constant<GroupEvent>(groupCreated),
  text.map((displayName): GroupEvent => ({
    type: 'GroupRenamed',
    groupId,
    displayName,
    claimId: null,
  })),
  fc.option(text).map((externalId): GroupEvent => ({
    type: 'GroupExternalIdChanged',
    groupId,
    externalId,
  })),
  fc.tuple(members, members).map(([added, removed]): GroupEvent => ({
    type: 'GroupMembersChanged',
    groupId,
    added,
    removed,
  })),
  fc.constantFrom<GroupEvent[]>(
    { type: 'GroupLinked', groupId, teamId },
    { type: 'GroupUnlinked', groupId, teamId, byChoice: true },
    { type: 'GroupUnlinked', groupId, teamId, byChoice: false },
    { type: 'GroupDeleted', groupId },
  ),
);
const organizationEvent = fc.oneof(
  fc.constantFrom<OrganizationEvent[]>(
    { type: 'OrganizationCreated', organization: acme, displayName: 'Acme', nameKey: 'a2V5' },
    { type: 'SyncEnabled', organization: acme },
    { type: 'SyncDisabled', organization: acme },
    { type: 'DirectoryAdopted', organization: acme },
    { type: 'TeamSyncMapped', organization: acme, mappings: [{ externalGroup: 'g', teamId }] },
    { type: 'TeamSyncStarted', organization: acme, era: 1 },
    { type: 'TeamSyncMigrated', organization: acme, links: [{ groupId, teamId }] },
    { type: 'TeamSyncMigrationRolledBack', organization: acme, links: [], era: 1 },
  ),
  fc
    .tuple(
      fc.constantFrom('groupNames', 'seatLimit', '__proto__', 'x'),
      fc.jsonValue({ maxDepth: 1 }),
    )
    .map(
      ([policy, value]) =>
        ({ type: 'PolicyChanged', organization: acme, policy, value }) as OrganizationEvent,
    ),
);
const about = { organization: acme, userId: ada } as const;
const ownersEvent = fc.constantFrom<OwnersEvent[]>(
  { type: 'OwnerAppointed', ...about },
  { type: 'OwnerDismissed', ...about },
);
const seatsEvent = fc.oneof(
  fc.constantFrom<SeatsEvent[]>(
    { type: 'SeatTaken', ...about },
    { type: 'SeatReleased', ...about },
  ),
  fc.tuple(members, fc.constantFrom(1, 2)).map(([users, since]): SeatsEvent => ({
    type: 'SeatsCounted',
    organization: acme,
    users,
    since,
  })),
);
const safeguardEvent = fc.constantFrom<SafeguardEvent[]>(
  { type: 'RemovalCounted', ...about, users: 3 },
  { type: 'RemovalsPaused', organization: acme, removed: 1, users: 2 },
  { type: 'RemovalsResumed', organization: acme },
);
const tokenEvent = fc.oneof(
  fenced,
  fc.constantFrom<TokenEvent[]>(tokenIssued, { type: 'TokenRevoked', tokenId }),
);
const apiKeyEvent = fc.constantFrom<ApiKeyEvent[]>(
  {
    type: 'ApiKeyIssued',
    keyId: 'key' as ApiKeyId,
    name: 'n',
    hash: 'h',
    role: 'owner',
    organization: null,
  },
  { type: 'ApiKeyRevoked', keyId: 'key' as ApiKeyId },
);
const teamEvent = fc.oneof(
  fc.constantFrom<TeamEvent[]>(
    { type: 'TeamCreated', teamId, name: 'a' },
    { type: 'TeamRenamed', teamId, name: 'b' },
    { type: 'TeamNameOverridden', teamId },
    { type: 'TeamArchived', teamId },
    { type: 'TeamRestored', teamId },
    { type: 'TeamDeleted', teamId },
    { type: 'TeamSynced', teamId, groupId },
    { type: 'TeamReleased', teamId, groupId },
  ),
  fc
    .tuple(fc.constantFrom('TeamMembersRemoved' as const, 'TeamMembersExcluded' as const), members)
    .map(([type, users]): TeamEvent => ({ type, teamId, users })),
  fc.tuple(members, fc.boolean()).map(([users, override]): TeamEvent => ({
    type: 'TeamMembersAdded',
    teamId,
    users,
    override,
  })),
  fc.tuple(members, members, fc.boolean()).map(([dropped, readmitted, named]): TeamEvent => ({
    type: 'TeamOverridesReplaced',
    teamId,
    groupId,
    dropped,
    readmitted,
    name: named,
  })),
);
const claimEvent = claimId.map((held): ClaimEvent => ({
  type: 'NameClaimed',
  kind: 'groupName',
  claimId: held,
  owner: `group-${held}`,
}));

/** Folds any order of events, those that no decision makes included, twice. */
function folds<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  event: fc.Arbitrary<Event>,
): void {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (history) => {
      expect(stateAfter(decider, history)).toEqual(stateAfter(decider, history));
    }),
  );
}

describe('every order of events has a state, always the same one', () => {
  it('of a user', () => folds(user, userEvent));
  it('of a group', () => folds(group, groupEvent));
  it('of a team', () => folds(team, teamEvent));
  it('of an organization', () => folds(organization, organizationEvent));
  it('of the owners', () => folds(owners, ownersEvent));
  it('of the seats', () => folds(seats, seatsEvent));
  it('of the safeguard', () => folds(safeguard, safeguardEvent));
  it('of a token', () => folds(token, tokenEvent));
  it('of an API key', () => folds(apiKey, apiKeyEvent));
  it('of a name', () => folds(name, claimEvent));
});

const frozen = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};

describe('a fold leaves earlier states and events as they are', () => {
  it.each([
    { name: 'a user', run: () => foldsFrozen(user, userEvent) },
    { name: 'an organization', run: () => foldsFrozen(organization, organizationEvent) },
    { name: 'a group', run: () => foldsFrozen(group, groupEvent) },
    { name: 'a team', run: () => foldsFrozen(team, teamEvent) },
    { name: 'the owners', run: () => foldsFrozen(owners, ownersEvent) },
    { name: 'the seats', run: () => foldsFrozen(seats, seatsEvent) },
    { name: 'the safeguard', run: () => foldsFrozen(safeguard, safeguardEvent) },
    { name: 'a token', run: () => foldsFrozen(token, tokenEvent) },
  ])('of $name', ({ run }) => run());
});

/** ES modules are strict: a write to a frozen object throws. */
function foldsFrozen<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  event: fc.Arbitrary<Event>,
): void {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (history) => {
      let state = frozen(decider.initial);
      for (const [revision, each] of history.entries()) {
        state = frozen(decider.evolve(state, frozen(each), recordedAt(revision)));
      }
    }),
  );
}
