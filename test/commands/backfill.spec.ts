import { randomUUID } from 'node:crypto';
import type { GroupId, JsonValue, OrganizationId } from '../../src/domain/identifiers.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import {
  externalTeamsOf,
  groupOf,
  postUsers,
  setPolicies,
  teamOf,
  teamsOf,
  typesOf,
  valuesOf,
} from './directory-of.js';
import {
  context,
  dyingBefore,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  writeSide,
  type Log,
} from './write-side.js';
import { groupStream, organizationStream } from '../../src/commands/streams.js';
import {
  organization as decider,
  type OrganizationCommand,
} from '../../src/domain/organization.js';

type Values = Readonly<Record<string, JsonValue>>;

let log: Log;
let organization: OrganizationId;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

const stores: readonly { name: string; on: (store: EventStore) => EventStore }[] = [
  { name: 'a store that appends to several streams at once', on: (store) => store },
  { name: 'a store that appends to one stream at a time', on: (store) => sequential(store) },
];
const teams = () => teamsOf(log.store, organization);

async function decide(command: OrganizationCommand): Promise<void> {
  const { model } = writeSide(log.store, organization);
  const stream = organizationStream(organization);
  const { state, revision } = await model.load(decider, stream);
  const events = decider.decide(command, state);
  await model.commit(organization, context, [{ stream, revision, events }]);
}

describe.each(stores)('in $name', ({ on }) => {
  let side: ReturnType<typeof writeSide>;

  async function begin(policies: Values): Promise<void> {
    organization = await enabledOrganization(log.store, undefined, policies);
    side = writeSide(on(log.store), organization);
  }
  /** As after SetPolicies, whose handler has yet to bring about what follows. */
  async function change(values: Values): Promise<void> {
    await setPolicies(log.store, organization, values);
    side = writeSide(on(log.store), organization);
  }

  describe('stored groups', () => {
    it.each<{ from: Values; to: Values }>([
      { from: { groupMapping: 'strict' }, to: { groupMapping: 'create' } },
      { from: { groupMapping: 'strict' }, to: { groupMapping: 'link-by-name' } },
      { from: { teamSync: 'off' }, to: { teamSync: 'scim' } },
    ])('get teams when $from becomes $to, and only once', async ({ from, to }) => {
      await begin(from);
      const [ada] = await postUsers(side, 1);
      for (const displayName of ['A', 'B']) {
        await side.postGroup({ displayName, members: valuesOf([ada!]) });
      }
      expect(await side.backfill()).toBeNull();
      await change(to);
      await Promise.all([side.backfill(), writeSide(on(log.store), organization).backfill()]);
      expect(await side.backfill()).toBeNull();
      expect(await teams()).toMatchObject([
        { name: expect.any(String), synced: true, members: [ada] },
        { name: expect.any(String), synced: true, members: [ada] },
      ]);
      expect((await teams()).map(({ name }) => name).sort()).toEqual(['A', 'B']);
    });

    it('are linked to the team of their name under link-by-name, unless there are several', async () => {
      await begin({ groupMapping: 'strict' });
      const { id } = await side.createTeam('A');
      for (const name of ['B', 'B']) await side.createTeam(name);
      for (const displayName of ['A', 'B', 'C']) await side.postGroup({ displayName });
      await change({ groupMapping: 'link-by-name' });
      await side.backfill();
      expect((await teams()).filter(({ synced }) => synced).map(({ name }) => name)).toEqual([
        'A',
        'C',
      ]);
      expect((await teamOf(log.store, organization, id))!.synced).toBe(true);
    });

    it.each(['ask', 'strict'])('wait for decisions under %s', async (groupMapping) => {
      await begin({ teamSync: 'off' });
      await side.postGroup({ displayName: 'A' });
      await change({ teamSync: 'scim', groupMapping });
      expect(await side.backfill()).toBeNull();
      expect(await teams()).toEqual([]);
    });

    it('keep their teams when create becomes strict', async () => {
      await begin({ groupMapping: 'create' });
      await side.postGroup({ displayName: 'A' });
      await change({ groupMapping: 'strict' });
      expect(await side.backfill()).toBeNull();
      expect(await teams()).toMatchObject([{ synced: true }]);
    });

    it('that were unlinked by choice stay so, also where the directory is behind', async () => {
      await begin({ groupMapping: 'create' });
      const { id } = await side.postGroup({ displayName: 'A' });
      await side.unlinkGroup(id);
      side.services.lookup.behind = [id];
      expect(await side.backfill()).toBeNull();
    });

    it('that were written to an external group are linked to that team', async () => {
      await begin({ teamSync: 'off' });
      const [ada, bob] = await postUsers(side, 2);
      const { id } = await side.createTeam('A');
      await side.addTeamMember(id, ada!);
      await side.patchGroup(id, { op: 'add', path: 'members', value: valuesOf([bob!]) });
      await change({ teamSync: 'scim' });
      await side.backfill();
      expect(await teams()).toMatchObject([{ id, synced: true, members: [ada, bob].sort() }]);
      expect((await groupOf(log.store, organization, id))!.members.size).toBe(2);
    });

    it.each<Values>([{ groupMapping: 'strict' }, { groupMapping: 'ask' }, { teamSync: 'off' }])(
      'are linked no more from when the policies become %j',
      async (values) => {
        await begin({ groupMapping: 'strict' });
        for (let i = 0; i < 9; i += 1) await side.postGroup({ displayName: `group-${i}` });
        await change({ groupMapping: 'create' });
        let changed = false;
        const racing = sequential(log.store, async (stream) => {
          if (changed || !stream.startsWith('team-')) return;
          changed = true;
          await setPolicies(log.store, organization, values);
        });
        await writeSide(racing, organization).backfill();
        // Those that were at their append when it happened, eight at once.
        expect((await teams()).length).toBeLessThan(9);
      },
    );

    it('are linked a thousand at a time', async () => {
      await begin({ groupMapping: 'create' });
      const appends = Array.from({ length: 1_009 }, (_, number) => {
        const groupId = randomUUID() as GroupId;
        const displayName = `group-${number}`;
        const created = { type: 'GroupCreated', externalId: null, claimId: null } as const;
        return {
          stream: groupStream(organization, groupId),
          revision: -1,
          events: [{ ...created, groupId, displayName }],
        };
      });
      await side.model.commit(organization, context, appends);
      await side.backfill();
      const unlinked = () => side.services.lookup.unlinkedGroups(organization, 2_000);
      expect((await unlinked()).length).toBeGreaterThan(0);
      await side.backfill();
      expect(await unlinked()).toEqual([]);
    });

    it('are all linked, many at once', async () => {
      await begin({ groupMapping: 'strict' });
      const names = Array.from({ length: 30 }, (_, i) => `G${i}`);
      await Promise.all(names.map((displayName) => side.postGroup({ displayName })));
      await change({ groupMapping: 'create' });
      await side.backfill();
      expect((await teams()).map(({ name }) => name).sort()).toEqual(names.sort());
    });

    it('are linked by the reactor when nobody else came to it', async () => {
      await begin({ groupMapping: 'strict' });
      await side.postGroup({ displayName: 'A' });
      await change({ groupMapping: 'create' });
      await side.react();
      expect(await teams()).toMatchObject([{ name: 'A', synced: true }]);
    });
  });

  describe('adoption all at once', () => {
    /** Teams from before SCIM was enabled, and one from after. */
    async function adopting(): Promise<readonly string[]> {
      await begin({ adoption: 'all-at-once', groupMapping: 'strict' });
      await decide({ type: 'DisableSync' });
      side = writeSide(on(log.store), organization);
      const before = [await side.createTeam('A'), await side.createTeam('B')];
      await decide({ type: 'EnableSync' });
      side = writeSide(on(log.store), organization);
      const after = await side.createTeam('C');
      return [...before, after].map(({ id }) => id);
    }

    it('makes linked groups of the teams that stood, with their members, and only once', async () => {
      const [a, b, c] = await adopting();
      const [ada] = await postUsers(side, 1);
      await side.addTeamMember(a!, ada!);
      await Promise.all([side.adopt(), writeSide(on(log.store), organization).adopt()]);
      expect(await side.adopt()).toBeNull();
      expect(await externalTeamsOf(log.store, organization)).toEqual([c]);
      for (const id of [a!, b!]) {
        expect(await groupOf(log.store, organization, id)).toMatchObject({ teamId: id });
      }
      expect([...(await groupOf(log.store, organization, a!))!.members]).toEqual([ada]);
    });

    it('leaves a team external whose name a group bears', async () => {
      const [a] = await adopting();
      await side.postGroup({ displayName: 'a' });
      await side.adopt();
      expect(await externalTeamsOf(log.store, organization)).toContain(a);
    });

    it('leaves a team alone that was unlinked since', async () => {
      const [a] = await adopting();
      await side.adopt();
      await side.unlinkGroup(a!);
      expect(await side.adopt()).toBeNull();
      await side.deleteGroup(a!);
      expect(await side.adopt()).toBeNull();
      expect(await externalTeamsOf(log.store, organization)).toContain(a);
    });

    it('is completed by the reactor', async () => {
      const [, , c] = await adopting();
      await side.react();
      expect(await externalTeamsOf(log.store, organization)).toEqual([c]);
    });
  });
});

describe('where the appends come one by one', () => {
  async function begin(policies: Values): Promise<void> {
    organization = await enabledOrganization(log.store, undefined, policies);
  }
  const sideOn = (died?: number) =>
    writeSide(
      sequential(log.store, died === undefined ? undefined : dyingBefore(died)),
      organization,
    );
  /** Runs until the process dies before that append. */
  async function dies(
    died: number,
    work: (side: ReturnType<typeof writeSide>) => Promise<unknown>,
  ): Promise<void> {
    await expect(work(sideOn(died))).rejects.toThrow(ProcessDied);
  }

  it.each([
    { mapping: 'create', died: 2 },
    { mapping: 'create', died: 3 },
    { mapping: 'link-by-name', died: 2 },
    { mapping: 'link-by-name', died: 3 },
  ])(
    'a group whose POST died before append $died under $mapping is linked by the reactor',
    async ({ mapping, died }) => {
      await begin({ groupMapping: mapping });
      const { id } = await sideOn().createTeam('one');
      await dies(died, (side) => side.postGroup({ displayName: 'one' }));
      const [group] = await groupsOf();
      await sideOn().putGroup(group!, { displayName: 'one', externalId: 'told meanwhile' });
      await sideOn().react();
      const seen = await teams();
      expect(seen.filter(({ synced }) => synced)).toHaveLength(1);
      expect(seen).toHaveLength(mapping === 'create' ? 2 : 1);
      expect(seen.find((team) => team.id === id)!.synced).toBe(mapping === 'link-by-name');
    },
  );

  it.each([0, 1])(
    'a decided link that died before append %i is completed by repeating it',
    async (died) => {
      await begin({ groupMapping: 'strict' });
      for (const target of ['new', 'old'] as const) {
        const { id } = await sideOn().postGroup({ displayName: target });
        const { id: teamId } = await sideOn().createTeam('Ours');
        const link = (side: ReturnType<typeof writeSide>) =>
          side.linkGroup(id, target === 'new' ? { createTeam: true } : { teamId });
        await dies(died, link);
        await link(sideOn());
      }
      expect((await teams()).filter(({ synced }) => synced)).toHaveLength(2);
      expect(await teams()).toHaveLength(3);
    },
  );

  it.each([0, 1])(
    'an unlinking that died before append %i is completed by repeating it',
    async (died) => {
      await begin({});
      const { id } = await sideOn().postGroup({ displayName: 'one' });
      await dies(died, (side) => side.unlinkGroup(id));
      await sideOn().unlinkGroup(id);
      expect(await teams()).toMatchObject([{ synced: false }]);
    },
  );

  it.each([0, 1, 2])(
    'a first write to an external group that died before append %i is completed by repeating it',
    async (died) => {
      await begin({});
      const { id } = await sideOn().createTeam('one');
      const write = (side: ReturnType<typeof writeSide>) =>
        side.putGroup(id, { displayName: 'two' });
      await dies(died, write);
      await write(sideOn());
      expect(await teams()).toMatchObject([{ id, name: 'two', synced: true }]);
    },
  );

  it.each([0, 1, 2])(
    'a team whose deletion died before append %i is deleted by repeating it',
    async (died) => {
      await begin({ groupMapping: 'strict' });
      const { id } = await sideOn().createTeam('Ours');
      for (const displayName of ['A', 'B']) {
        const group = await sideOn().postGroup({ displayName });
        await sideOn().linkGroup(group.id, { teamId: id });
      }
      await dies(died, (side) => side.deleteTeam(id));
      await sideOn().deleteTeam(id);
      expect(await teams()).toEqual([]);
      for (const group of await groupsOf()) {
        expect(await groupOf(log.store, organization, group)).toMatchObject({ teamId: null });
      }
    },
  );

  it('rules that await a group are bound after it', async () => {
    const licenseRules = [{ groupId: null, group: 'one', license: 'x' }];
    await begin({ licenseRules });
    await dies(1, (side) => side.postGroup({ displayName: 'one' }));
    await sideOn().postGroup({ displayName: 'one' });
    const types = await typesOf(log.store, organization);
    expect(types.filter((type) => type === 'PolicyChanged')).toHaveLength(2);
  });

  async function groupsOf(): Promise<readonly string[]> {
    const ids: string[] = [];
    const head = await log.store.head();
    for await (const page of log.store.readOrganization(organization, 0n, head)) {
      for (const { event } of page) if (event.type === 'GroupCreated') ids.push(event.groupId);
    }
    return ids;
  }
});
