import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { DomainEvent, EventMetadata } from '../../src/domain/events.js';
import type {
  GroupId,
  JsonObject,
  JsonValue,
  TeamId,
  UserId,
} from '../../src/domain/identifiers.js';
import type { Upcasters } from '../../src/event-store/codec.js';
import { codec, createCodec, UnreadableEvent } from '../../src/event-store/codec.js';
import { eventTypes } from '../../src/event-store/event-shapes.js';

interface StoredFixture {
  readonly type: string;
  readonly data: JsonObject;
  readonly event: JsonObject;
}

type Arbitraries = {
  readonly [Type in DomainEvent['type']]: fc.Arbitrary<Extract<DomainEvent, { type: Type }>>;
};

const text = fc.string({ unit: 'binary' });
const id = <Id extends string>(): fc.Arbitrary<Id> => text.map((value) => value as Id);
const orNull = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });
/** Without -0, which JSON does not have. */
const json = fc.jsonValue().map((value): JsonValue => JSON.parse(JSON.stringify(value)));
const attributes = fc.dictionary(text, json, { noNullPrototype: true });
const personal = <Data>(data: { [Name in keyof Data]: fc.Arbitrary<Data[Name]> }) =>
  fc.record(data, { noNullPrototype: true });
const event = <Type extends string, Facts>(
  type: Type,
  facts: { [Name in keyof Facts]: fc.Arbitrary<Facts[Name]> },
) =>
  fc
    .record(facts, { noNullPrototype: true })
    .map((values): Facts & { type: Type } => ({ ...values, type }));

const links = fc.array(personal({ groupId: id<GroupId>(), teamId: id<TeamId>() }));

const arbitraries: Arbitraries = {
  OrganizationCreated: event('OrganizationCreated', {
    organization: id(),
    displayName: text,
    nameKey: text,
  }),
  SyncEnabled: event('SyncEnabled', { organization: id() }),
  SyncDisabled: event('SyncDisabled', { organization: id() }),
  PolicyChanged: event('PolicyChanged', { organization: id(), policy: text, value: json }),
  TokenIssued: event('TokenIssued', {
    tokenId: id(),
    name: text,
    hash: text,
    expiresAt: orNull(text),
    claimId: id(),
  }),
  TokenRevoked: event('TokenRevoked', { tokenId: id() }),
  ApiKeyIssued: event('ApiKeyIssued', {
    keyId: id(),
    name: text,
    hash: text,
    role: fc.constantFrom('owner', 'administrator', 'auditor', 'operator', 'application'),
    organization: orNull(id()),
  }),
  ApiKeyRevoked: event('ApiKeyRevoked', { keyId: id() }),
  UserProvisioned: event('UserProvisioned', {
    userId: id(),
    active: fc.boolean(),
    claimId: id(),
    personal: personal({ userName: text, profile: attributes }),
  }),
  UserRenamed: event('UserRenamed', {
    userId: id(),
    claimId: id(),
    personal: personal({ userName: text }),
  }),
  UserProfileChanged: event('UserProfileChanged', {
    userId: id(),
    personal: personal({ set: attributes, removed: fc.array(text) }),
  }),
  UserDeactivated: event('UserDeactivated', { userId: id() }),
  UserReactivated: event('UserReactivated', { userId: id() }),
  UserDeleted: event('UserDeleted', { userId: id() }),
  GroupCreated: event('GroupCreated', {
    groupId: id(),
    displayName: text,
    externalId: orNull(text),
    claimId: orNull(id()),
  }),
  GroupRenamed: event('GroupRenamed', {
    groupId: id(),
    displayName: text,
    claimId: orNull(id()),
  }),
  GroupExternalIdChanged: event('GroupExternalIdChanged', {
    groupId: id(),
    externalId: orNull(text),
  }),
  GroupMembersChanged: event('GroupMembersChanged', {
    groupId: id(),
    added: fc.array(id()),
    removed: fc.array(id()),
  }),
  GroupDeleted: event('GroupDeleted', { groupId: id() }),
  GroupLinked: event('GroupLinked', { groupId: id(), teamId: id() }),
  TeamCreated: event('TeamCreated', { teamId: id(), name: text }),
  TeamRenamed: event('TeamRenamed', { teamId: id(), name: text }),
  TeamArchived: event('TeamArchived', { teamId: id() }),
  NameClaimed: event('NameClaimed', {
    kind: fc.constantFrom('userName', 'groupName', 'tokenName'),
    claimId: id(),
    owner: text,
  }),
  ClaimFenced: event('ClaimFenced', { claimId: id() }),
  DirectoryAdopted: event('DirectoryAdopted', { organization: id() }),
  TeamSyncMapped: event('TeamSyncMapped', {
    organization: id(),
    mappings: fc.array(personal({ externalGroup: text, teamId: id<TeamId>() })),
  }),
  TeamSyncStarted: event('TeamSyncStarted', { organization: id(), era: fc.nat() }),
  TeamSyncMigrated: event('TeamSyncMigrated', { organization: id(), links }),
  TeamSyncMigrationRolledBack: event('TeamSyncMigrationRolledBack', {
    organization: id(),
    links,
    era: fc.nat(),
  }),
  OwnerAppointed: event('OwnerAppointed', { organization: id(), userId: id() }),
  OwnerDismissed: event('OwnerDismissed', { organization: id(), userId: id() }),
  SeatsCounted: event('SeatsCounted', {
    organization: id(),
    users: fc.array(id()),
    since: fc.nat(),
  }),
  SeatTaken: event('SeatTaken', { organization: id(), userId: id() }),
  SeatReleased: event('SeatReleased', { organization: id(), userId: id() }),
  RemovalCounted: event('RemovalCounted', {
    organization: id(),
    userId: id(),
    users: fc.nat(),
  }),
  RemovalsPaused: event('RemovalsPaused', {
    organization: id(),
    removed: fc.nat(),
    users: fc.nat(),
  }),
  RemovalsResumed: event('RemovalsResumed', { organization: id() }),
  UserRegistered: event('UserRegistered', {
    userId: id(),
    origin: fc.constantFrom('sign-in', 'manual', 'api'),
    claimId: id(),
    personal: personal({ userName: text, profile: attributes }),
  }),
  UserSucceeded: event('UserSucceeded', { userId: id(), predecessorId: id() }),
  UserAdopted: event('UserAdopted', {
    userId: id(),
    matchedBy: fc.constantFrom('id', 'userName', 'externalId', 'emails.value'),
  }),
  UserOverridden: event('UserOverridden', { userId: id(), attributes: fc.array(text) }),
  UserOverridesReplaced: event('UserOverridesReplaced', {
    userId: id(),
    attributes: fc.array(text),
  }),
  UserRoleChanged: event('UserRoleChanged', {
    userId: id(),
    role: text,
    source: fc.constantFrom('sign-in', 'manual'),
  }),
  SignInTeamsChanged: event('SignInTeamsChanged', {
    userId: id(),
    teams: fc.array(id()),
    era: fc.nat(),
  }),
  UserLeftOrganization: event('UserLeftOrganization', { userId: id() }),
  GroupUnlinked: event('GroupUnlinked', {
    groupId: id(),
    teamId: id(),
    byChoice: fc.boolean(),
  }),
  TeamRestored: event('TeamRestored', { teamId: id() }),
  TeamDeleted: event('TeamDeleted', { teamId: id() }),
  TeamSynced: event('TeamSynced', { teamId: id(), groupId: id() }),
  TeamReleased: event('TeamReleased', { teamId: id(), groupId: id() }),
  TeamNameOverridden: event('TeamNameOverridden', { teamId: id() }),
  TeamMembersAdded: event('TeamMembersAdded', {
    teamId: id(),
    users: fc.array(id()),
    override: fc.boolean(),
  }),
  TeamMembersRemoved: event('TeamMembersRemoved', { teamId: id(), users: fc.array(id()) }),
  TeamMembersExcluded: event('TeamMembersExcluded', { teamId: id(), users: fc.array(id()) }),
  TeamOverridesReplaced: event('TeamOverridesReplaced', {
    teamId: id(),
    groupId: id(),
    dropped: fc.array(id()),
    readmitted: fc.array(id()),
    name: fc.boolean(),
  }),
};

const metadata: EventMetadata = {
  actor: 'system',
  occurredAt: '2026-11-22T12:00:00.000Z',
  commandId: 'command',
  $correlationId: 'request',
  $causationId: 'command',
};
const anyMetadata: fc.Arbitrary<EventMetadata> = fc.record(
  {
    organization: id(),
    actor: fc.constantFrom('system', 'token:1', 'key:1'),
    occurredAt: text,
    commandId: text,
    $correlationId: text,
    $causationId: text,
  },
  {
    noNullPrototype: true,
    requiredKeys: ['actor', 'occurredAt', 'commandId', '$correlationId', '$causationId'],
  },
);

const stored = (type: string, data: unknown, version = '1') => ({
  type,
  data: JSON.stringify(data),
  metadata: JSON.stringify({ ...metadata, schemaVersion: version }),
});

const teamId = 't' as TeamId;

describe('the codec', () => {
  it.each(Object.entries(arbitraries))('gives back the %s that it was given', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, anyMetadata, (fact: DomainEvent, beside) => {
        const { event, metadata } = codec.decode(codec.encode(fact, beside), 1n);
        expect(event).toStrictEqual({ ...fact });
        expect(metadata).toStrictEqual({ ...beside });
      }),
      { numRuns: 50 },
    );
  });

  it('stores no control character unescaped, so that lists of JSON text can be joined by one', () => {
    const everyControlCharacter = String.fromCharCode(...Array(32).keys());
    const { data } = codec.encode(
      { type: 'TeamRenamed', teamId, name: everyControlCharacter },
      metadata,
    );
    expect(data).not.toMatch(/\p{Cc}/u);
  });

  it('stores the schema version beside the metadata, flat and as a string', () => {
    const encoded = codec.encode({ type: 'UserDeleted', userId: 'u' as UserId }, metadata);
    expect(JSON.parse(encoded.metadata)).toEqual({ ...metadata, schemaVersion: '1' });
  });

  describe('reads what earlier releases stored', () => {
    const fixtures: readonly StoredFixture[] = JSON.parse(
      readFileSync(new URL('./fixtures/stored-events.json', import.meta.url), 'utf8'),
    );

    it.each(fixtures.map((fixture) => [fixture.type, fixture] as const))(
      'as %s',
      (_, { type, data, event }) => {
        expect(codec.decode(stored(type, data), 1n).event).toEqual(event);
      },
    );

    it('with a fixture for every type', () => {
      const types = fixtures.map(({ type }) => type.replace(/\.v\d+$/, ''));
      expect(new Set(types)).toEqual(new Set(eventTypes));
    });
  });

  describe('upcasts', () => {
    const chain: Upcasters = {
      TeamRenamed: [
        ({ team, ...rest }) => ({ ...rest, teamId: team ?? null }),
        ({ title, ...rest }) => ({ ...rest, name: title ?? null }),
      ],
    };
    const third = createCodec(chain);
    const renamed = { type: 'TeamRenamed', teamId: 't', name: 'Ada’s' };

    it.each([
      ['TeamRenamed', { team: 't', title: 'Ada’s' }],
      ['TeamRenamed.v2', { teamId: 't', title: 'Ada’s' }],
      ['TeamRenamed.v3', { teamId: 't', name: 'Ada’s' }],
    ])('stored data of %s to the newest shape', (type, data) => {
      expect(third.decode(stored(type, data), 1n).event).toEqual(renamed);
    });

    it('nothing of what it stores itself, which carries the newest version', () => {
      const event = { type: 'TeamRenamed', teamId, name: 'Ada’s' } as const;
      const encoded = third.encode(event, metadata);
      expect(encoded.type).toBe('TeamRenamed.v3');
      expect(JSON.parse(encoded.metadata)).toMatchObject({ schemaVersion: '3' });
      expect(third.decode(encoded, 1n).event).toEqual(event);
    });
  });

  it.each([
    ['an unknown type', stored('UserVanished', {}), 'no such type'],
    ['a version still to come', stored('TeamRenamed.v2', {}), 'the newest known version is 1'],
    ['version 1 by another name', stored('TeamArchived.v1', { teamId: 't' }), 'no such type'],
    ['a missing field', stored('TeamRenamed', { teamId: 't' }), 'data.name is not a string'],
    [
      'a field of another kind',
      stored('UserProvisioned', { userId: 'u', active: 'yes', claimId: 'c', personal: {} }),
      'data.active is not a boolean',
    ],
    [
      'a personal field of another kind',
      stored('UserRenamed', { userId: 'u', claimId: 'c', personal: { userName: 7 } }),
      'data.personal.userName is not a string',
    ],
    [
      'a member that is not an id',
      stored('GroupMembersChanged', { groupId: 'g', added: [7], removed: [] }),
      'data.added is not a list of strings',
    ],
    ['data that is no object', stored('TeamArchived', []), 'data is not a JSON object'],
    [
      'data that is not JSON',
      { ...stored('TeamArchived', {}), data: '{' },
      'data is not a JSON object',
    ],
    [
      'metadata without an actor',
      { ...stored('TeamArchived', { teamId: 't' }), metadata: '{}' },
      'metadata.actor is not a string',
    ],
  ])('refuses %s, naming type and position', (_, record, reason) => {
    const decode = () => codec.decode(record, 42n);
    expect(decode).toThrow(UnreadableEvent);
    expect(decode).toThrow(`event ${record.type} at position 42 cannot be read: ${reason}`);
  });

  it('lets fields through that a later release added', () => {
    const data = { teamId: 't', colour: 'green' };
    expect(codec.decode(stored('TeamArchived', data), 1n).event).toEqual({
      ...data,
      type: 'TeamArchived',
    });
  });
});
