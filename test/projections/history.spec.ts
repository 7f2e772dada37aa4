import type { OrganizationId } from '../../src/domain/identifiers.js';
import { HistoryProjection } from '../../src/projections/history/history.projection.js';
import { HistoryQueries } from '../../src/projections/history/history.queries.js';
import { openReadSide, type Fact, type ReadSide } from './read-side.js';
import { factsAbout, groupIdOf, teamIdOf, userIdOf } from './roster-facts.js';

const SCHEMA = 'history_4';
const [ada, bob] = [userIdOf('ada'), userIdOf('b0b')];
const engineers = groupIdOf('e0');
const builders = teamIdOf('b1');

let readSide: ReadSide;
let queries: HistoryQueries;
beforeAll(async () => {
  readSide = await openReadSide();
  await readSide.createTables(new HistoryProjection(), SCHEMA);
  queries = new HistoryQueries(readSide.pool, SCHEMA);
});
afterAll(() => readSide.close());

let told = 0;
const tell = () => factsAbout(`acme-${++told}` as OrganizationId);
type Facts = ReturnType<typeof tell>;

async function happens(...facts: readonly Fact[]): Promise<void> {
  const events = await readSide.record(facts);
  await readSide.apply(new HistoryProjection(), SCHEMA, events);
}

const link = { groupId: engineers, teamId: builders };
const replaced = { groupId: engineers, dropped: [ada], readmitted: [bob], name: true };

/** What happens to ada, the team Builders, the group Engineers or the organization, and how it is told. */
const sentences: readonly (readonly [sentence: string, tells: (s: Facts) => Fact])[] = [
  ['User Ada was created by signing in.', (s) => s.registered(ada, 'Ada', 'sign-in')],
  ['User Ada was created by an administrator.', (s) => s.registered(ada, 'Ada', 'manual')],
  ['User Ada was created through the API.', (s) => s.registered(ada, 'Ada', 'api')],
  [
    `User ada bears the userName of a deleted user, ${bob}.`,
    (s) => s.user(ada, { type: 'UserSucceeded', predecessorId: bob }),
  ],
  [
    'User ada is managed by the identity provider, which recognised it by its userName.',
    (s) => s.user(ada, { type: 'UserAdopted', matchedBy: 'userName' }),
  ],
  [
    'User ada is managed by the identity provider, which recognised it by its e-mail address.',
    (s) => s.user(ada, { type: 'UserAdopted', matchedBy: 'emails.value' }),
  ],
  [
    'User ada left the organization; a reactivation brings the user back.',
    (s) => s.user(ada, { type: 'UserLeftOrganization' }),
  ],
  [
    "User ada: displayName, name changed by hand, until the identity provider's next statement.",
    (s) => s.user(ada, { type: 'UserOverridden', attributes: ['displayName', 'name'] }),
  ],
  [
    "User ada: the identity provider's statement replaced what was changed by hand: displayName.",
    (s) => s.user(ada, { type: 'UserOverridesReplaced', attributes: ['displayName'] }),
  ],
  [
    'User ada has the role editor, by sign-in.',
    (s) => s.user(ada, { type: 'UserRoleChanged', role: 'editor', source: 'sign-in' }),
  ],
  [
    'User ada has the role editor, given by hand.',
    (s) => s.user(ada, { type: 'UserRoleChanged', role: 'editor', source: 'manual' }),
  ],
  ['User ada is in 1 team by sign-in.', (s) => s.signedIn(ada, 1, builders)],
  [
    'Group Engineers was unlinked from its team.',
    (s) => s.group(engineers, { type: 'GroupUnlinked', teamId: builders, byChoice: false }),
  ],
  [
    'Group Engineers was unlinked from its team, to stay so.',
    (s) => s.group(engineers, { type: 'GroupUnlinked', teamId: builders, byChoice: true }),
  ],
  [
    "Team Builders: name changed by hand, until the identity provider's next statement.",
    (s) => s.team(builders, { type: 'TeamNameOverridden' }),
  ],
  ['Team Builders was restored.', (s) => s.team(builders, { type: 'TeamRestored' })],
  ['Team Builders was deleted.', (s) => s.team(builders, { type: 'TeamDeleted' })],
  [
    'Team Builders is fed by a group: the identity provider manages it.',
    (s) => s.team(builders, { type: 'TeamSynced', groupId: engineers }),
  ],
  [
    'Team Builders is no longer fed by a group.',
    (s) => s.team(builders, { type: 'TeamReleased', groupId: engineers }),
  ],
  ['Team Builders: 2 members got a manual grant.', (s) => s.granted(builders, false, ada, bob)],
  [
    'Team Builders: 1 member got a manual grant, beside what the identity provider states.',
    (s) => s.granted(builders, true, ada),
  ],
  [
    'Team Builders: 1 member removed by hand.',
    (s) => s.team(builders, { type: 'TeamMembersRemoved', users: [ada] }),
  ],
  [
    "Team Builders: 1 member of its groups taken out by hand, until the identity provider's next statement.",
    (s) => s.team(builders, { type: 'TeamMembersExcluded', users: [ada] }),
  ],
  [
    "Team Builders: the identity provider's statement replaced what was changed by hand: the name; 1 member added by hand left; 1 member taken out by hand came back.",
    (s) => s.team(builders, { type: 'TeamOverridesReplaced', ...replaced }),
  ],
  [
    'The identity provider manages every user that exists.',
    (s) => s.about({ type: 'DirectoryAdopted' }),
  ],
  [
    'Team Sync maps 1 external group to teams.',
    (s) =>
      s.about({
        type: 'TeamSyncMapped',
        mappings: [{ externalGroup: 'eng', teamId: builders }],
      }),
  ],
  [
    'Sign-ins put users into teams from here on.',
    (s) => s.about({ type: 'TeamSyncStarted', era: 1 }),
  ],
  [
    'Teams follow groups instead of sign-ins: 1 link made.',
    (s) => s.about({ type: 'TeamSyncMigrated', links: [link] }),
  ],
  [
    'Teams follow sign-ins again: 1 link undone.',
    (s) => s.about({ type: 'TeamSyncMigrationRolledBack', links: [link], era: 1 }),
  ],
  [
    'Removals wait for an administrator: 3 of 10 users were removed within an hour.',
    (s) => s.safeguard({ type: 'RemovalsPaused', removed: 3, users: 10 }),
  ],
  [
    'The identity provider may remove users again.',
    (s) => s.safeguard({ type: 'RemovalsResumed' }),
  ],
  [
    'The removal of user ada counts towards policy massRemovalLimit.',
    (s) => s.safeguard({ type: 'RemovalCounted', userId: ada, users: 3 }),
  ],
  [
    'User ada is an owner of the organization.',
    (s) => s.owners({ type: 'OwnerAppointed', userId: ada }),
  ],
  [
    'User ada is no longer an owner of the organization.',
    (s) => s.owners({ type: 'OwnerDismissed', userId: ada }),
  ],
  [
    '2 seats taken when the limit began to count.',
    (s) => s.seats({ type: 'SeatsCounted', users: [ada, bob], since: 1 }),
  ],
  ['User ada took a seat.', (s) => s.seats({ type: 'SeatTaken', userId: ada })],
  ['User ada gave up a seat.', (s) => s.seats({ type: 'SeatReleased', userId: ada })],
];

describe('the history', () => {
  it.each(sentences)('says: %s', async (sentence, tells) => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[...s.grouped(engineers, 'Engineers'), tells(s)],
    );
    const [latest] = await queries.entries(s.organization, { limit: 1 });
    expect(latest?.sentence).toBe(sentence);
  });

  it.each<readonly [event: string, tells: (s: Facts) => Fact]>([
    ['TeamMembersAdded', (s) => s.granted(builders, false, ada)],
    ['TeamMembersRemoved', (s) => s.team(builders, { type: 'TeamMembersRemoved', users: [ada] })],
    ['TeamMembersExcluded', (s) => s.team(builders, { type: 'TeamMembersExcluded', users: [ada] })],
    [
      'TeamOverridesReplaced',
      (s) => s.team(builders, { type: 'TeamOverridesReplaced', ...replaced }),
    ],
    ['UserSucceeded', (s) => s.user(bob, { type: 'UserSucceeded', predecessorId: ada })],
    ['OwnerAppointed', (s) => s.owners({ type: 'OwnerAppointed', userId: ada })],
    ['RemovalCounted', (s) => s.safeguard({ type: 'RemovalCounted', userId: ada, users: 3 })],
  ])('of a user holds %s', async (type, tells) => {
    const s = tell();
    await happens(s.created, tells(s));
    const entries = await queries.entries(s.organization, { limit: 10, about: ada });
    expect(entries.map((entry) => entry.type)).toEqual([type]);
  });

  it('of a team holds that a group was linked, and of a group that it feeds the team', async () => {
    const s = tell();
    await happens(s.created, ...s.linked(engineers, builders));
    for (const about of [builders, engineers]) {
      const entries = await queries.entries(s.organization, { limit: 10, about });
      expect(entries.map(({ type }) => type)).toEqual(['TeamSynced', 'GroupLinked']);
    }
  });
});
