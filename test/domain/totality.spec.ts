import fc from 'fast-check';
import { apiKey } from '../../src/domain/api-key.js';
import { claim as name } from '../../src/domain/claim.js';
import type { Decider } from '../../src/domain/decider.js';
import type {
  ApiKeyEvent,
  ClaimEvent,
  GroupEvent,
  OrganizationEvent,
  TeamEvent,
  TokenEvent,
  UserEvent,
} from '../../src/domain/events.js';
import { group } from '../../src/domain/group.js';
import type { ApiKeyId, JsonObject, UserId } from '../../src/domain/identifiers.js';
import { organization } from '../../src/domain/organization.js';
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
import { stateAfter } from './specification.js';

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
    .constantFrom('UserDeactivated' as const, 'UserReactivated' as const, 'UserDeleted' as const)
    .map((type): UserEvent => ({ type, userId: ada })),
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
    { type: 'GroupDeleted', groupId },
  ),
);
const organizationEvent = fc.oneof(
  fc.constantFrom<OrganizationEvent[]>(
    { type: 'OrganizationCreated', organization: acme, displayName: 'Acme', nameKey: 'a2V5' },
    { type: 'SyncEnabled', organization: acme },
    { type: 'SyncDisabled', organization: acme },
  ),
  fc
    .tuple(fc.constantFrom('groupNames', '__proto__', 'x'), fc.jsonValue({ maxDepth: 1 }))
    .map(
      ([policy, value]) =>
        ({ type: 'PolicyChanged', organization: acme, policy, value }) as OrganizationEvent,
    ),
);
const tokenEvent = fc.oneof(
  fenced,
  fc.constantFrom<TokenEvent[]>(tokenIssued, { type: 'TokenRevoked', tokenId }),
);
const apiKeyEvent = fc.constantFrom<ApiKeyEvent[]>(
  { type: 'ApiKeyIssued', keyId: 'key' as ApiKeyId, name: 'n', hash: 'h' },
  { type: 'ApiKeyRevoked', keyId: 'key' as ApiKeyId },
);
const teamEvent = fc.constantFrom<TeamEvent[]>(
  { type: 'TeamCreated', teamId, name: 'a' },
  { type: 'TeamRenamed', teamId, name: 'b' },
  { type: 'TeamArchived', teamId },
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
    { name: 'a team', run: () => foldsFrozen(team, teamEvent) },
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
        const recorded = { revision, occurredAt: '2026-01-01T00:00:00.000Z' };
        state = frozen(decider.evolve(state, frozen(each), recorded));
      }
    }),
  );
}
