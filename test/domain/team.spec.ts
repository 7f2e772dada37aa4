import fc from 'fast-check';
import type { TeamEvent } from '../../src/domain/events.js';
import type { GroupId, UserId } from '../../src/domain/identifiers.js';
import { MemberSet } from '../../src/domain/member-set.js';
import type { ExistingOrganization } from '../../src/domain/organization.js';
import type { Policies } from '../../src/domain/policies.js';
import {
  isExternal,
  requireTeam,
  team,
  type GroupStatement,
  type TeamCommand,
} from '../../src/domain/team.js';
import { ada, bob, engineering as teamId, engineers, organizationOf } from './facts.js';
import { given, recordedAt, stateAfter } from './specification.js';

const eve = '00000000-0000-7000-8000-000000000e0e' as UserId;
const builders = '00000000-0000-7000-8000-0000000000b0' as GroupId;
const created: TeamEvent = { type: 'TeamCreated', teamId, name: 'Engineers' };
const renamed: TeamEvent = { type: 'TeamRenamed', teamId, name: 'Builders' };
const archived: TeamEvent = { type: 'TeamArchived', teamId };
const restored: TeamEvent = { type: 'TeamRestored', teamId };
const deleted: TeamEvent = { type: 'TeamDeleted', teamId };
const nameOverridden: TeamEvent = { type: 'TeamNameOverridden', teamId };
const synced = (groupId = engineers): TeamEvent => ({ type: 'TeamSynced', teamId, groupId });
const released = (groupId = engineers): TeamEvent => ({ type: 'TeamReleased', teamId, groupId });
const added = (users: readonly UserId[], override = false): TeamEvent => ({
  type: 'TeamMembersAdded',
  teamId,
  users,
  override,
});
const removed = (...users: UserId[]): TeamEvent => ({ type: 'TeamMembersRemoved', teamId, users });
const excluded = (...users: UserId[]): TeamEvent => ({
  type: 'TeamMembersExcluded',
  teamId,
  users,
});
const replaced = (
  change: Partial<Extract<TeamEvent, { type: 'TeamOverridesReplaced' }>>,
): TeamEvent => ({
  type: 'TeamOverridesReplaced',
  teamId,
  groupId: engineers,
  dropped: [],
  readmitted: [],
  name: false,
  ...change,
});

const warn = organizationOf();
const locked = organizationOf({
  manualUpdates: { users: 'locked', teams: 'locked', memberships: 'locked' },
});
const off: ExistingOrganization = { ...locked, syncEnabled: false };
const fed = [created, synced()];

const create = { type: 'Create', teamId, name: 'Engineers', groupId: null } as const;
const rename = (organization = warn, stated = true) =>
  ({ type: 'Rename', organization, name: 'Builders', stated }) as const;
const archive = (organization = warn) => ({ type: 'Archive', organization }) as const;
const add = (userId = ada, organization = warn) =>
  ({ type: 'AddMember', organization, userId }) as const;
const remove = (granted: boolean, userId = ada, organization = warn) =>
  ({ type: 'RemoveMember', organization, userId, granted }) as const;
const release = (change: Partial<Extract<TeamCommand, { type: 'Release' }>> = {}) =>
  ({ type: 'Release', groupId: engineers, keep: [], then: 'stay', ...change }) as const;

/** By default a statement that says nothing. */
const follow = (statement: Partial<GroupStatement>, policies: Partial<Policies> = {}) =>
  ({
    type: 'Follow',
    organization: organizationOf(policies),
    statement: {
      groupId: engineers,
      name: null,
      nameBefore: 'Engineers',
      all: null,
      named: [],
      ...statement,
    },
  }) as const;
const everybody = (...users: UserId[]): MemberSet => MemberSet.empty.with(users, []);

describe('a team', () => {
  it('is created', () => {
    given(team).when(create).then([created]);
  });

  it('that is made for a group is fed by it from the start', () => {
    given(team)
      .when({ ...create, groupId: engineers })
      .then(fed);
  });

  it('is renamed', () => {
    given(team, [created]).when(rename()).then([renamed]);
  });

  it('is archived', () => {
    given(team, [created]).when(archive()).then([archived]);
  });

  it('is restored', () => {
    given(team, [created, archived]).when({ type: 'Restore' }).then([restored]);
  });

  it('is deleted', () => {
    given(team, fed).when({ type: 'Delete', organization: warn }).then([deleted]);
  });

  it.each([
    { what: 'renaming it to its own name', history: [created, renamed], command: rename() },
    { what: 'archiving it again', history: [created, archived], command: archive() },
    { what: 'restoring what is not archived', history: [created], command: { type: 'Restore' } },
    { what: 'adding a member again', history: [created, added([ada])], command: add() },
    { what: 'removing somebody else', history: [created], command: remove(false) },
    {
      what: 'excluding somebody again',
      history: [...fed, excluded(ada)],
      command: remove(true),
    },
    {
      what: 'feeding it again by the same group',
      history: [...fed, archived],
      command: { type: 'Feed', groupId: engineers },
    },
    {
      what: 'releasing it by a group that does not feed it',
      history: fed,
      command: release({ groupId: builders }),
    },
  ] as const)('$what appends nothing', ({ history, command }) => {
    given(team, history).when(command).thenNothing();
  });

  it.each([
    rename(),
    archive(),
    { type: 'Restore' },
    { type: 'Delete', organization: warn },
    add(),
    remove(true),
    { type: 'Feed', groupId: engineers },
    release(),
    follow({}),
  ] as const)('$type of no team, or of a deleted one, is refused', (command) => {
    given(team).when(command).thenRejects('team-unknown');
    given(team, [created, deleted]).when(command).thenRejects('team-unknown');
  });

  it.each([
    { what: 'member', command: add() },
    { what: 'group', command: { type: 'Feed', groupId: engineers } },
  ] as const)('that is archived takes no further $what', ({ command }) => {
    given(team, [created, archived]).when(command).thenRejects('team-archived');
  });
});

describe('a team that a group feeds', () => {
  it.each([
    { command: rename(locked), policy: 'manualUpdates.teams' },
    { command: archive(locked), policy: 'manualUpdates.teams' },
    { command: { type: 'Delete', organization: locked }, policy: 'manualUpdates.teams' },
    { command: add(bob, locked), policy: 'manualUpdates.memberships' },
    { command: remove(true, ada, locked), policy: 'manualUpdates.memberships' },
    { command: remove(false, ada, locked), policy: 'manualUpdates.memberships' },
  ] as const)('is locked against $command.type by $policy', ({ command, policy }) => {
    given(team, [...fed, added([ada])])
      .when(command)
      .thenRejects('managed-by-identity-provider', { policy, value: 'locked' });
  });

  it.each([
    rename(off),
    archive(off),
    { type: 'Delete', organization: off },
    add(bob, off),
    remove(true, ada, off),
  ] as const)('takes $type while SCIM is disabled, and no override is recorded', (command) => {
    const events = team.decide(command, stateAfter(team, [...fed, added([ada])]));
    expect(events).not.toEqual([]);
    expect(events).not.toContainEqual(nameOverridden);
    expect(events).not.toContainEqual(expect.objectContaining({ override: true }));
  });

  it.each([rename(locked), archive(locked), add(bob, locked), remove(false, ada, locked)] as const)(
    'is no longer locked against $type once it is released',
    (command) => {
      const history = [...fed, added([ada]), released()];
      expect(team.decide(command, stateAfter(team, history))).not.toEqual([]);
    },
  );

  it('has the name that a group states overridden, once', () => {
    given(team, fed).when(rename()).then([nameOverridden, renamed]);
    given(team, [...fed, nameOverridden, renamed])
      .when({ ...rename(), name: 'Makers' })
      .then([{ ...renamed, name: 'Makers' }]);
  });

  it('has a name of its own changed without an override', () => {
    given(team, fed).when(rename(warn, false)).then([renamed]);
  });

  it('takes a member beside those whom the group states, as an override', () => {
    given(team, fed)
      .when(add())
      .then([added([ada], true)]);
  });

  it('loses a member of the group by an exclusion', () => {
    given(team, fed)
      .when(remove(true))
      .then([excluded(ada)]);
  });

  it('loses a member of the group who was also added by hand in both ways', () => {
    given(team, [...fed, added([ada])])
      .when(remove(true))
      .then([removed(ada), excluded(ada)]);
  });

  it('loses a member who was added by hand', () => {
    given(team, [...fed, added([ada])])
      .when(remove(false))
      .then([removed(ada)]);
  });

  it('takes back whom it excluded', () => {
    given(team, [...fed, added([ada]), excluded(ada)])
      .when(add())
      .then([added([ada], true)]);
    const state = requireTeam(stateAfter(team, [...fed, excluded(ada), added([ada], true)]));
    expect(state.excluded.has(ada)).toBe(false);
  });
});

describe('a statement of a group', () => {
  it.each([
    { what: 'that says nothing', history: fed, statement: {} },
    { what: 'of the same name', history: fed, statement: { name: 'Engineers' } },
    {
      what: 'of a new name, where the team bears another one',
      history: [...fed, renamed],
      statement: { name: 'Makers' },
    },
    {
      what: 'of everybody, where nobody else is in the team',
      history: [...fed, added([ada])],
      statement: { all: everybody(ada, bob) },
    },
    {
      what: 'of one more member',
      history: [...fed, added([ada])],
      statement: { named: [bob] },
    },
  ])('$what leaves the team as it is', ({ history, statement }) => {
    given(team, history).when(follow(statement)).thenNothing();
  });

  it('renames the team that bears the name of the group', () => {
    given(team, fed)
      .when(follow({ name: 'Builders' }))
      .then([renamed]);
  });

  it.each(['Engineers', 'Makers'])('of the name %s ends the override of the name', (name) => {
    given(team, [...fed, nameOverridden, renamed])
      .when(follow({ name }))
      .then([{ ...renamed, name }, replaced({ name: true })]);
  });

  it('of the name that an administrator chose ends the override too', () => {
    given(team, [...fed, nameOverridden, renamed])
      .when(follow({ name: 'Builders' }))
      .then([replaced({ name: true })]);
  });

  it('of another group than the one whose name is overridden leaves it', () => {
    given(team, [...fed, synced(builders), nameOverridden, renamed])
      .when(follow({ groupId: builders, nameBefore: 'Masons', name: 'Masons' }))
      .thenNothing();
  });

  it('follows no longer after an override has ended with the last group', () => {
    given(team, [...fed, nameOverridden, renamed, released(), synced()])
      .when(follow({ name: 'Engineers' }))
      .thenNothing();
  });

  it('of everybody drops manual members whom it does not name', () => {
    given(team, [...fed, added([ada, bob])])
      .when(follow({ all: everybody(ada) }))
      .then([replaced({ dropped: [bob] })]);
  });

  it('of everybody keeps manual members under the policy keep', () => {
    given(team, [...fed, added([ada, bob])])
      .when(follow({ all: everybody(ada) }, { manualMembers: 'keep' }))
      .thenNothing();
  });

  it('of one more member keeps manual members', () => {
    given(team, [...fed, added([bob])])
      .when(follow({ named: [ada] }))
      .thenNothing();
  });

  it('readmits the excluded whom it names, and no others', () => {
    given(team, [...fed, excluded(ada, bob)])
      .when(follow({ named: [ada, ada, eve] }))
      .then([replaced({ readmitted: [ada] })]);
  });

  it('of everybody by the only group ends all exclusions', () => {
    given(team, [...fed, excluded(ada, bob)])
      .when(follow({ all: everybody(ada) }))
      .then([replaced({ readmitted: [ada, bob] })]);
  });

  it('of everybody by one of two groups leaves those excluded whom the other one grants', () => {
    given(team, [...fed, synced(builders), excluded(ada, bob)])
      .when(follow({ all: everybody(ada) }))
      .then([replaced({ readmitted: [ada] })]);
  });

  it('names at most 5,000 ids of a kind in one event', () => {
    const users = Array.from({ length: 12_001 }, (_, i) => `u${i}` as UserId);
    const history = [...fed, added(users), excluded(...users.slice(0, 6_000))];
    const events = team.decide(follow({ all: everybody() }), stateAfter(team, history));
    const sizes = events.map((event) =>
      event.type === 'TeamOverridesReplaced' ? [event.dropped.length, event.readmitted.length] : [],
    );
    expect(sizes).toEqual([
      [5_000, 5_000],
      [5_000, 1_000],
      [2_001, 0],
    ]);
    const state = requireTeam(stateAfter(team, [...history, ...events]));
    expect([state.members.size, state.excluded.size]).toEqual([0, 0]);
  });
});

describe('a team that its group leaves', () => {
  it('keeps by hand whom only the group kept in it', () => {
    given(team, [...fed, added([bob]), excluded(eve)])
      .when(release({ keep: [ada, bob, eve] }))
      .then([released(), added([ada])]);
  });

  it('keeps 12,001 in events of at most 5,000', () => {
    const keep = Array.from({ length: 12_001 }, (_, i) => `u${i}` as UserId);
    const events = team.decide(release({ keep }), stateAfter(team, fed));
    const sizes = events.map((event) => ('users' in event ? event.users.length : 0));
    expect(sizes).toEqual([0, 5_000, 5_000, 2_001]);
  });

  it.each([
    { then: 'archive', last: archived },
    { then: 'delete', last: deleted },
  ] as const)('is closed by $then', ({ then, last }) => {
    given(team, fed).when(release({ then })).then([released(), last]);
  });

  it.each(['archive', 'delete'] as const)(
    'is not closed by %s while another group feeds it',
    (then) => {
      given(team, [...fed, synced(builders)])
        .when(release({ then }))
        .then([released()]);
    },
  );

  it('that is archived already is not archived again', () => {
    given(team, [...fed, archived])
      .when(release({ then: 'archive' }))
      .then([released()]);
  });

  it('has nothing to override any more', () => {
    const history = [...fed, nameOverridden, renamed, excluded(ada), released()];
    const { overriddenName, excluded: left } = requireTeam(stateAfter(team, history));
    expect([overriddenName, left.size]).toEqual([null, 0]);
  });
});

describe('an external group', () => {
  it.each([
    { what: 'a team without a group', history: [created], external: true },
    { what: 'a team that was released', history: [...fed, released()], external: true },
    { what: 'a restored team', history: [created, archived, restored], external: true },
    { what: 'a team that a group feeds', history: fed, external: false },
    {
      what: 'a team that one of two groups left',
      history: [...fed, synced(builders), released()],
      external: false,
    },
    { what: 'an archived team', history: [created, archived], external: false },
  ])('is $what: $external', ({ history, external }) => {
    expect(isExternal(requireTeam(stateAfter(team, history)))).toBe(external);
  });

  it.each([
    { since: 'its creation', history: [created, added([ada]), renamed], revision: 0 },
    { since: 'its release', history: [...fed, released(), renamed], revision: 2 },
  ])('is one since $since', ({ history, revision }) => {
    const { unfedSince } = requireTeam(stateAfter(team, history));
    expect(unfedSince).toBe(recordedAt(revision).position);
  });

  it('has the revision of its name as its version', () => {
    const history = [created, renamed, added([ada]), synced(), released()];
    expect(requireTeam(stateAfter(team, history)).version).toBe(1);
  });
});

describe('laws of a team', () => {
  const user = fc.constantFrom<UserId[]>(ada, bob, eve);
  const command = fc.oneof(
    fc.constantFrom<TeamCommand[]>(
      rename(),
      archive(),
      { type: 'Restore' },
      { type: 'Feed', groupId: engineers },
      { type: 'Feed', groupId: builders },
      release({ keep: [ada, bob] }),
    ),
    fc.tuple(user, fc.boolean()).map(([userId, granted]): TeamCommand => remove(granted, userId)),
    user.map((userId): TeamCommand => add(userId)),
    fc
      .tuple(fc.option(fc.uniqueArray(user)), fc.uniqueArray(user))
      .map(([all, named]): TeamCommand =>
        follow({ name: 'Engineers', all: all && everybody(...all), named }),
      ),
  );

  it('a command that was carried out changes nothing when it is repeated', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 12 }), command, (before, last) => {
        const history: TeamEvent[] = [created];
        for (const each of [...before, last]) {
          try {
            history.push(...team.decide(each, stateAfter(team, history)));
          } catch {
            // An archived team takes nothing.
          }
        }
        const state = stateAfter(team, history);
        if (requireTeam(state).archived) return;
        expect(team.decide(last, state)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
