import type { JsonValue, OrganizationId, UserId } from '../../src/domain/identifiers.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import {
  eventsOf,
  externalTeamsOf,
  groupOf,
  postUsers,
  setPolicies,
  signIn,
  teamOf,
  teamsOf,
  typesOf,
  valuesOf,
} from './directory-of.js';
import { enabledOrganization, openLog, sequential, writeSide, type Log } from './write-side.js';

type Side = ReturnType<typeof writeSide>;
type Values = Readonly<Record<string, JsonValue>>;

let log: Log;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

const add = (users: readonly UserId[]) => ({ op: 'add', path: 'members', value: valuesOf(users) });
const removal = (user: UserId) => ({ op: 'remove', path: `members[value eq "${user}"]` });
const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];

describe.each(stores)('in $name', ({ on }) => {
  let organization: OrganizationId;
  let side: Side;
  let users: readonly UserId[];
  let [ada, bob, eve]: readonly UserId[] = [];

  async function begin(policies: Values = {}, count = 3): Promise<void> {
    organization = await enabledOrganization(log.store, undefined, policies);
    side = writeSide(on(log.store), organization);
    users = await postUsers(side, count);
    [ada, bob, eve] = users;
  }
  const teams = () => teamsOf(log.store, organization);
  const team = async (id: string) => (await teamOf(log.store, organization, id))!;
  const types = () => typesOf(log.store, organization);
  const head = () => log.store.head();

  /** A team with these members by hand. */
  async function teamWith(members: readonly UserId[], name = 'Analysts') {
    const { id } = await side.createTeam(name);
    for (const member of members) await side.addTeamMember(id, member);
    return id;
  }
  const postGroup = (members: readonly UserId[], displayName = 'Analysts') =>
    side.postGroup({ displayName, members: valuesOf(members) });

  /** A group with these members and its team. */
  async function pushed(members: readonly UserId[], displayName = 'Analysts') {
    const { id } = await postGroup(members, displayName);
    const { teamId } = (await groupOf(log.store, organization, id))!;
    return { id, teamId: teamId! };
  }

  /** Groups A and B, which feed one team; all are empty. */
  async function twoGroups(policies: Values = {}) {
    await begin({ groupMapping: 'strict', ...policies });
    const teamId = await teamWith([]);
    const a = await postGroup([], 'A');
    const b = await postGroup([], 'B');
    await side.linkGroup(a.id, { teamId });
    await side.linkGroup(b.id, { teamId });
    return { teamId, a: a.id, b: b.id };
  }

  describe('a pushed group', () => {
    it.each(['create', 'ask', 'link-by-name'])('becomes a new team under %s', async (mapping) => {
      await begin({ groupMapping: mapping });
      await postGroup([ada!]);
      expect(await teams()).toMatchObject([
        { name: 'Analysts', synced: true, archived: false, members: [ada] },
      ]);
    });

    it.each([
      { mapping: 'create', linked: 'a new team' },
      { mapping: 'ask', linked: 'none' },
      { mapping: 'strict', linked: 'none' },
      { mapping: 'link-by-name', linked: 'it' },
    ])('whose name a team bears leads under $mapping to $linked', async ({ mapping, linked }) => {
      await begin({ groupMapping: mapping });
      const teamId = await teamWith([bob!]);
      await postGroup([ada!], ' Analysts ');
      const own = await team(teamId);
      expect(own.synced).toBe(linked === 'it');
      expect(own.members).toEqual(linked === 'it' ? [ada, bob].sort() : [bob]);
      expect(await teams()).toHaveLength(linked === 'a new team' ? 2 : 1);
    });

    it('whose name two teams bear waits for a decision under link-by-name', async () => {
      await begin({ groupMapping: 'link-by-name' });
      await teamWith([]);
      await teamWith([]);
      const { id } = await postGroup([ada!]);
      expect((await teams()).map(({ synced }) => synced)).toEqual([false, false]);
      expect(await groupOf(log.store, organization, id)).toMatchObject({ teamId: null });
    });

    it.each(['analysts', 'Analysts Berlin'])(
      'is not linked to the team Analysts as %s',
      async (displayName) => {
        await begin({ groupMapping: 'link-by-name' });
        const teamId = await teamWith([]);
        await postGroup([], displayName);
        expect((await team(teamId)).synced).toBe(false);
      },
    );

    it('is not linked to an archived team of its name', async () => {
      await begin({ groupMapping: 'link-by-name' });
      const teamId = await teamWith([]);
      await side.editTeam(teamId, { archived: true });
      await postGroup([]);
      expect((await team(teamId)).synced).toBe(false);
    });

    it('that is the second of a name goes to a team of its own under link-by-name', async () => {
      await begin({ groupMapping: 'link-by-name', groupNames: 'any' });
      const teamId = await teamWith([]);
      await Promise.all([postGroup([ada!]), postGroup([bob!])]);
      const seen = await teams();
      expect(seen.map(({ synced }) => synced)).toEqual([true, true]);
      expect((await team(teamId)).members).toHaveLength(1);
    });

    it.each(['off', 'sign-in'])('is stored unlinked while teamSync is %s', async (teamSync) => {
      await begin({ teamSync });
      const { id } = await postGroup([ada!]);
      expect(await teams()).toEqual([]);
      expect(await groupOf(log.store, organization, id)).toMatchObject({ teamId: null });
    });

    it('binds the rules that await its name, and no others', async () => {
      const rules = [
        { groupId: null, group: 'Analysts', license: 'analyst' },
        { groupId: null, group: 'analysts', license: 'other' },
        { groupId: 'x', group: 'Analysts', license: 'bound' },
      ];
      const roleRules = [{ groupId: null, group: 'Analysts', role: 'editor' }];
      await begin({ licenseRules: rules, roleRules });
      await postGroup([], 'Developers');
      expect((await types()).filter((type) => type === 'PolicyChanged')).toHaveLength(2);
      const { id } = await postGroup([]);
      const changed = (await eventsOf(log.store, organization))
        .filter(({ event }) => event.type === 'PolicyChanged')
        .slice(2)
        .map(({ event }) => event);
      expect(changed).toMatchObject([
        { policy: 'roleRules', value: [{ ...roleRules[0], groupId: id }] },
        { policy: 'licenseRules', value: [{ ...rules[0], groupId: id }, rules[1], rules[2]] },
      ]);
    });

    it('binds the rules that await the name which it comes to bear', async () => {
      const licenseRules = [{ groupId: null, group: 'Analysts', license: 'analyst' }];
      await begin({ licenseRules });
      const { id } = await postGroup([], 'Others');
      await side.putGroup(id, { displayName: 'Analysts' });
      const [last] = (await eventsOf(log.store, organization))
        .map(({ event }) => event)
        .filter((event) => event.type === 'PolicyChanged')
        .slice(-1);
      expect(last).toMatchObject({ value: [{ groupId: id }] });
    });

    it.each([
      { name: 'POST', write: () => side.postGroup({ displayName: 'Others' }) },
      { name: 'PUT', write: (id: string) => side.putGroup(id, { displayName: 'Others' }) },
      { name: 'PATCH', write: (id: string) => side.patchGroup(id, add([bob!])) },
      { name: 'DELETE', write: (id: string) => side.deleteGroup(id) },
    ])('is not written by $name while the capability is off', async ({ write }) => {
      await begin();
      const { id } = await pushed([ada!]);
      const off = await enabledOrganization(log.store, undefined, {
        capabilities: { groups: false },
      });
      side = writeSide(on(log.store), off);
      await expect(write(id)).rejects.toMatchObject({
        reason: 'capability-off',
        details: { capability: 'groups' },
      });
    });
  });

  describe('a statement about a linked group', () => {
    it('is followed by the team: name and members', async () => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.putGroup(id, { displayName: 'Builders', members: valuesOf([bob!]) });
      expect(await team(teamId)).toMatchObject({ name: 'Builders', members: [bob] });
    });

    it.each([
      { name: 'a PATCH that adds', write: (id: string) => side.patchGroup(id, add([eve!])) },
      { name: 'a PATCH that removes', write: (id: string) => side.patchGroup(id, removal(ada!)) },
      {
        name: 'a PATCH of the externalId',
        write: (id: string) => side.patchGroup(id, { op: 'add', path: 'externalId', value: 'x' }),
      },
      {
        name: 'a PATCH that removes by a filter that needs a look at all',
        write: (id: string) =>
          side.patchGroup(id, { op: 'remove', path: 'members[not (value eq "x")]' }),
      },
    ])('keeps manual members by $name', async ({ write }) => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.addTeamMember(teamId, bob!);
      await write(id);
      expect((await team(teamId)).members).toContain(bob);
    });

    const whole = [
      {
        name: 'PUT',
        write: (id: string, members: readonly UserId[]) =>
          side.putGroup(id, { displayName: 'Analysts', members: valuesOf(members) }),
      },
      {
        name: 'a PATCH that replaces the members',
        write: (id: string, members: readonly UserId[]) =>
          side.patchGroup(id, { op: 'replace', path: 'members', value: valuesOf(members) }),
      },
    ];

    it.each(whole)('drops manual members by $name', async ({ write }) => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.addTeamMember(teamId, bob!);
      await write(id, [ada!]);
      expect((await team(teamId)).members).toEqual([ada]);
      const last = (await eventsOf(log.store, organization)).at(-1)!.event;
      expect(last).toMatchObject({ type: 'TeamOverridesReplaced', groupId: id, dropped: [bob] });
    });

    it.each(whole)('keeps manual members by $name under the policy keep', async ({ write }) => {
      await begin({ manualMembers: 'keep' });
      const { id, teamId } = await pushed([ada!]);
      await side.addTeamMember(teamId, bob!);
      await write(id, [ada!]);
      expect((await team(teamId)).members).toEqual([ada, bob].sort());
    });

    it.each([
      ...whole,
      {
        name: 'a PATCH that adds the user',
        write: (id: string) => side.patchGroup(id, add([ada!])),
      },
    ])('takes back an excluded member by $name', async ({ write }) => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.removeTeamMember(teamId, ada!);
      expect((await team(teamId)).members).toEqual([]);
      await write(id, [ada!]);
      expect((await team(teamId)).members).toEqual([ada]);
    });

    it('leaves an exclusion that it does not speak about', async () => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.removeTeamMember(teamId, ada!);
      await side.patchGroup(id, add([bob!]));
      expect((await team(teamId)).members).toEqual([bob]);
    });

    it('restores the name that an administrator changed, unless it does not say it', async () => {
      await begin();
      const { id, teamId } = await pushed([]);
      expect(await side.editTeam(teamId, { name: 'Ours' })).toMatchObject({ overridden: ['name'] });
      await side.patchGroup(id, add([ada!]));
      expect((await team(teamId)).name).toBe('Ours');
      await side.putGroup(id, { displayName: 'Analysts', members: valuesOf([ada!]) });
      expect((await team(teamId)).name).toBe('Analysts');
    });

    it('that changes nothing appends nothing', async () => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.removeTeamMember(teamId, ada!);
      await side.addTeamMember(teamId, ada!);
      const before = await head();
      const { position } = await side.putGroup(id, {
        displayName: 'Analysts',
        members: valuesOf([ada!]),
      });
      expect([position, await head()]).toEqual([null, before]);
    });

    it('keeps a user in the team while another of its groups, or a hand, holds it', async () => {
      const { teamId, a, b } = await twoGroups();
      await side.patchGroup(a, add([ada!, bob!]));
      await side.patchGroup(b, add([ada!]));
      await side.addTeamMember(teamId, bob!);
      for (const user of [ada!, bob!]) await side.patchGroup(a, removal(user));
      expect((await team(teamId)).members).toEqual([ada, bob].sort());
      await side.patchGroup(b, removal(ada!));
      expect((await team(teamId)).members).toEqual([bob]);
    });
  });

  describe('an external group', () => {
    const write = {
      PUT: (id: string, members: readonly UserId[]) =>
        side.putGroup(id, { displayName: 'Analysts', members: valuesOf(members) }),
      PATCH: (id: string, members: readonly UserId[]) => side.patchGroup(id, add(members)),
    };

    it.each([
      { name: 'PUT', members: ['bob'] },
      { name: 'PATCH', members: ['ada', 'bob'] },
    ] as const)('becomes a linked group of the same id by $name', async ({ name, members }) => {
      await begin({ groupMapping: 'ask' });
      const id = await teamWith([ada!]);
      const answer = await write[name](id, [bob!]);
      const expected = members.map((each) => ({ ada: ada!, bob: bob! })[each]).sort();
      expect(answer.id).toBe(id);
      expect([...answer.members].sort()).toEqual(expected);
      expect(await team(id)).toMatchObject({ synced: true, members: expected });
      expect(await groupOf(log.store, organization, id)).toMatchObject({ teamId: id });
    });

    it('is written once more as the group that it has become', async () => {
      await begin();
      const id = await teamWith([ada!]);
      await write.PATCH(id, [bob!]);
      const { members } = await write.PATCH(id, [eve!]);
      expect(members.size).toBe(3);
      expect((await types()).filter((type) => type === 'GroupCreated')).toHaveLength(1);
    });

    it('claims its name like every group', async () => {
      await begin();
      const id = await teamWith([]);
      await write.PUT(id, []);
      await expect(postGroup([], 'ANALYSTS')).rejects.toMatchObject({
        reason: 'name-already-claimed',
      });
      const other = await teamWith([]);
      await expect(write.PUT(other, [])).rejects.toMatchObject({ reason: 'name-already-claimed' });
      expect((await team(other)).synced).toBe(false);
    });

    it('gives the team the name that is stated', async () => {
      await begin();
      const id = await teamWith([]);
      await side.putGroup(id, { displayName: 'Builders' });
      expect((await team(id)).name).toBe('Builders');
    });

    it.each([
      { version: 'its version', expected: [1], refused: false },
      { version: 'another version', expected: [0], refused: true },
    ])('is written under If-Match with $version: $refused', async ({ expected, refused }) => {
      await begin();
      const id = await teamWith([], 'Others');
      await side.editTeam(id, { name: 'Analysts' });
      const written = side.putGroup(id, { displayName: 'Analysts' }, expected);
      if (refused) await expect(written).rejects.toMatchObject({ reason: 'version-mismatch' });
      else expect((await written).id).toBe(id);
    });

    it('cannot be deleted through SCIM', async () => {
      await begin();
      const id = await teamWith([]);
      await expect(side.deleteGroup(id)).rejects.toMatchObject({ reason: 'external-group' });
    });

    it('leaves out former users and names unknown members', async () => {
      await begin();
      const id = await teamWith([ada!, bob!]);
      await side.deleteUser(ada!);
      await expect(write.PATCH(id, ['nobody' as UserId])).rejects.toMatchObject({
        reason: 'member-unknown',
      });
      expect([...(await write.PATCH(id, [eve!])).members].sort()).toEqual([bob, eve].sort());
    });

    it('is none any more once its group was deleted, though the team stays with its members', async () => {
      await begin({ onGroupDelete: 'unlink' });
      const id = await teamWith([ada!]);
      await write.PATCH(id, [bob!]);
      await side.deleteGroup(id);
      await expect(side.deleteGroup(id)).rejects.toMatchObject({ reason: 'group-unknown' });
      await expect(write.PATCH(id, [eve!])).rejects.toMatchObject({ reason: 'group-unknown' });
      expect(await team(id)).toMatchObject({ synced: false, members: [ada!, bob!].sort() });
    });

    it.each(['an archived team', 'a deleted team', 'no team', 'a team with another group'])(
      'is not %s',
      async (what) => {
        await begin({ groupMapping: 'strict' });
        const id = await teamWith([]);
        if (what === 'an archived team') await side.editTeam(id, { archived: true });
        if (what === 'a deleted team') await side.deleteTeam(id);
        if (what === 'a team with another group') {
          await side.linkGroup((await postGroup([])).id, { teamId: id });
        }
        const target = what === 'no team' ? ada! : id;
        await expect(write.PUT(target, [])).rejects.toMatchObject({ reason: 'group-unknown' });
        await expect(side.deleteGroup(target)).rejects.toMatchObject({ reason: 'group-unknown' });
      },
    );

    it('that is written while groups feed no teams is stored without the team’s members', async () => {
      await begin({ teamSync: 'off' });
      const id = await teamWith([ada!]);
      const { members } = await write.PATCH(id, [bob!]);
      expect([...members]).toEqual([bob]);
      expect(await team(id)).toMatchObject({ synced: false, members: [ada] });
    });

    it('is made one group by two processes that write at once', async () => {
      await begin();
      const id = await teamWith([]);
      const other = writeSide(on(log.store), organization);
      const answers = await Promise.allSettled([
        side.patchGroup(id, add([ada!])),
        other.patchGroup(id, add([bob!])),
      ]);
      const done = answers.filter(({ status }) => status === 'fulfilled').length;
      expect(done).toBeGreaterThan(0);
      await side.patchGroup(id, add([ada!, bob!]));
      expect((await team(id)).members).toEqual([ada, bob].sort());
      expect((await types()).filter((type) => type === 'GroupCreated')).toHaveLength(1);
    });
  });

  describe('the deletion of a group', () => {
    it.each(['unlink', 'archive', 'delete'])(
      'leaves the team to those who feed it under %s while groups do not',
      async (onGroupDelete) => {
        await begin({ onGroupDelete });
        const { id, teamId } = await pushed([ada!]);
        await side.addTeamMember(teamId, bob!);
        await setPolicies(log.store, organization, { teamSync: 'off' });
        await setPolicies(log.store, organization, { teamSync: 'sign-in' });
        side = writeSide(on(log.store), organization);
        await side.deleteGroup(id);
        expect(await team(teamId)).toMatchObject({
          archived: false,
          synced: false,
          members: [bob],
        });
      },
    );

    it.each([
      { policy: 'unlink', seen: { archived: false, synced: false } },
      { policy: 'archive', seen: { archived: true, synced: false } },
    ])('keeps who was in the team under $policy', async ({ policy, seen }) => {
      await begin({ onGroupDelete: policy });
      const { id, teamId } = await pushed([ada!, bob!]);
      await side.removeTeamMember(teamId, bob!);
      await side.deleteGroup(id);
      expect(await team(teamId)).toMatchObject({ ...seen, members: [ada] });
    });

    it('deletes the team under delete', async () => {
      await begin({ onGroupDelete: 'delete' });
      const { id } = await pushed([ada!]);
      await side.deleteGroup(id);
      expect(await teams()).toEqual([]);
    });

    it.each([
      { policy: 'unlink', stay: ['ada', 'bob'] },
      { policy: 'archive', stay: ['bob'] },
      { policy: 'delete', stay: ['bob'] },
    ] as const)(
      'leaves a team to its other group under $policy, with $stay',
      async ({ policy, stay }) => {
        const { teamId, a, b } = await twoGroups({ onGroupDelete: policy });
        await side.patchGroup(a, add([ada!, bob!]));
        await side.patchGroup(b, add([bob!]));
        await side.deleteGroup(a);
        const members = stay.map((each) => ({ ada: ada!, bob: bob! })[each]).sort();
        expect(await team(teamId)).toMatchObject({ archived: false, synced: true, members });
      },
    );

    it('gives nobody a manual grant whom another group holds', async () => {
      const { teamId, a, b } = await twoGroups({ onGroupDelete: 'unlink' });
      await side.patchGroup(a, add([ada!]));
      await side.patchGroup(b, add([ada!]));
      await side.deleteGroup(a);
      await side.patchGroup(b, removal(ada!));
      expect((await team(teamId)).members).toEqual([]);
    });
  });

  describe('a link by decision', () => {
    it('puts the team’s members into the group and keeps the team', async () => {
      await begin({ groupMapping: 'strict' });
      const teamId = await teamWith([ada!]);
      const { id } = await postGroup([bob!]);
      await side.linkGroup(id, { teamId });
      const { members } = (await groupOf(log.store, organization, id))!;
      expect([...members].sort()).toEqual([ada, bob].sort());
      expect(await team(teamId)).toMatchObject({ synced: true, name: 'Analysts' });
    });

    it('makes a team of the group’s name', async () => {
      await begin({ groupMapping: 'strict' });
      const { id } = await postGroup([ada!]);
      await side.linkGroup(id, { createTeam: true });
      expect(await teams()).toMatchObject([{ name: 'Analysts', synced: true, members: [ada] }]);
    });

    it('made again after an end of the link makes another team', async () => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.unlinkGroup(id);
      await side.linkGroup(id, { createTeam: true });
      expect((await teams()).filter((seen) => seen.synced && seen.id !== teamId)).toHaveLength(1);
    });

    it('appends nothing where the link stands', async () => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.addTeamMember(teamId, bob!);
      expect(await side.linkGroup(id, { teamId })).toBeNull();
    });

    it.each([
      { what: 'a group that feeds another team', reason: 'link-conflict' },
      { what: 'an archived team', reason: 'team-archived' },
      { what: 'a deleted team', reason: 'team-unknown' },
      { what: 'no group', reason: 'group-unknown' },
    ])('is refused for $what', async ({ what, reason }) => {
      await begin({ groupMapping: what.includes('feeds') ? 'create' : 'strict' });
      const { id } = await postGroup([]);
      const teamId = await teamWith([], 'Others');
      if (what === 'an archived team') await side.editTeam(teamId, { archived: true });
      if (what === 'a deleted team') await side.deleteTeam(teamId);
      const group = what === 'no group' ? ada! : id;
      await expect(side.linkGroup(group, { teamId })).rejects.toMatchObject({ reason });
    });

    it.each(['off', 'sign-in'])('is refused while teamSync is %s', async (teamSync) => {
      await begin({ teamSync });
      const { id } = await postGroup([]);
      await expect(side.linkGroup(id, { createTeam: true })).rejects.toMatchObject({
        reason: 'policy-conflict',
        details: { conflict: expect.stringContaining(teamSync) },
      });
    });

    it('ends without a change of who is in the team, and stays ended', async () => {
      await begin();
      const { id, teamId } = await pushed([ada!]);
      await side.addTeamMember(teamId, bob!);
      await side.unlinkGroup(id);
      expect(await team(teamId)).toMatchObject({ synced: false, members: [ada, bob].sort() });
      expect(await side.unlinkGroup(id)).toBeNull();
      expect(await side.backfill()).toBeNull();
      await side.patchGroup(id, add([eve!]));
      expect((await team(teamId)).members).not.toContain(eve);
      expect(await externalTeamsOf(log.store, organization)).toEqual([teamId]);
    });
  });

  describe('a team', () => {
    it('is created, renamed, archived, restored and deleted while SCIM is on', async () => {
      await begin({ manualUpdates: 'locked' });
      const { id } = await side.createTeam('Ours');
      expect(await side.editTeam(id, { name: 'Theirs', archived: true })).toMatchObject({
        overridden: [],
      });
      expect(await team(id)).toMatchObject({ name: 'Theirs', archived: true });
      await side.editTeam(id, { archived: false });
      expect((await team(id)).archived).toBe(false);
      await side.deleteTeam(id);
      expect(await teams()).toEqual([]);
      await expect(side.deleteTeam(id)).rejects.toMatchObject({ reason: 'team-unknown' });
    });

    it('that is deleted leaves its groups unlinked and kept apart', async () => {
      const { teamId, a, b } = await twoGroups();
      await side.deleteTeam(teamId);
      for (const id of [a, b]) {
        const group = await groupOf(log.store, organization, id);
        expect(group).toMatchObject({ teamId: null, keptApart: true });
      }
    });

    it('answers overrides of memberships only where they are some', async () => {
      await begin();
      const own = await teamWith([]);
      const { teamId } = await pushed([ada!]);
      expect((await side.addTeamMember(own, ada!)).overridden).toEqual([]);
      expect((await side.removeTeamMember(own, ada!)).overridden).toEqual([]);
      expect((await side.addTeamMember(teamId, bob!)).overridden).toEqual(['members']);
      expect((await side.addTeamMember(teamId, bob!)).position).toBeNull();
      expect((await side.removeTeamMember(teamId, bob!)).overridden).toEqual([]);
      expect((await side.removeTeamMember(teamId, ada!)).overridden).toEqual(['members']);
      expect((await side.removeTeamMember(teamId, ada!)).position).toBeNull();
    });

    it.each([
      { era: 1, what: 'ends', left: 1 },
      { era: 2, what: 'leaves', left: 2 },
    ])('$what a grant of era $era when a member is removed in era 1', async ({ era, left }) => {
      await begin({ teamSync: 'off' });
      await setPolicies(log.store, organization, { teamSync: 'sign-in' });
      side = writeSide(on(log.store), organization);
      const [first, second] = [await teamWith([]), await teamWith([])];
      await signIn(side, organization, ada!, [first, second], era);
      const { position } = await side.removeTeamMember(first, ada!);
      const users = await side.services.lookup.users(organization);
      const member = users.find(({ userId }) => userId === ada);
      expect(member!.signInTeams!.teams).toHaveLength(left);
      expect(position === null).toBe(left === 2);
    });

    it.each(['addTeamMember', 'removeTeamMember'] as const)(
      'refuses %s for somebody unknown and for a deleted user',
      async (name) => {
        await begin();
        const id = await teamWith([ada!]);
        await side.deleteUser(ada!);
        for (const user of [ada!, 'nobody']) {
          await expect(side[name](id, user)).rejects.toMatchObject({ reason: 'user-unknown' });
        }
      },
    );

    it('is locked against changes by hand where a group feeds it', async () => {
      await begin({ manualUpdates: 'locked' });
      const { teamId } = await pushed([ada!]);
      const before = await head();
      const refused = { reason: 'managed-by-identity-provider' };
      await expect(side.editTeam(teamId, { name: 'Ours' })).rejects.toMatchObject(refused);
      await expect(side.deleteTeam(teamId)).rejects.toMatchObject(refused);
      await expect(side.addTeamMember(teamId, bob!)).rejects.toMatchObject(refused);
      await expect(side.removeTeamMember(teamId, ada!)).rejects.toMatchObject(refused);
      expect(await head()).toBe(before);
    });
  });

  it('100 changes of memberships at once from two processes are all there', async () => {
    const { teamId, a, b } = await twoGroups();
    users = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { id } = await side.postUser({ userName: `member-${i}` });
        return id;
      }),
    );
    const other = writeSide(on(log.store), organization);
    await Promise.all(
      users.map((user, i) => {
        const process = i % 2 === 0 ? side : other;
        if (i % 4 === 3) return process.addTeamMember(teamId, user);
        return process.patchGroup(i % 4 === 0 ? a : b, add([user]));
      }),
    );
    expect((await team(teamId)).members).toEqual([...users].sort());
  });
});
