import type { JsonValue, OrganizationId } from '../../src/domain/identifiers.js';
import {
  groupOf,
  postUsers,
  setPolicies,
  teamOf,
  teamsOf,
  typesOf,
  valuesOf,
} from './directory-of.js';
import {
  dyingBefore,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  writeSide,
  type Log,
} from './write-side.js';

type Side = ReturnType<typeof writeSide>;
type Values = Readonly<Record<string, JsonValue>>;

let log: Log;
let organization: OrganizationId;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

const alive = (): Side => writeSide(sequential(log.store), organization);

/** A command, and all that it needs: whichever of its appends is the last, its process dies before the next. */
interface Broken {
  readonly what: string;
  readonly policies?: Values;
  readonly given: () => Promise<(side: Side) => Promise<unknown>>;
}

const postGroup = async (displayName: string, ...members: Parameters<typeof valuesOf>) =>
  (await alive().postGroup({ displayName, members: valuesOf(...members) })).id;

/** A group that feeds a team of its own, with a member. */
async function fed(displayName = 'Analysts') {
  const group = await postGroup(displayName, await postUsers(alive(), 1));
  return { group, team: (await groupOf(log.store, organization, group))!.teamId! };
}

const posts: readonly Broken[] = ['create', 'ask', 'strict', 'link-by-name'].flatMap((mapping) =>
  ['Analysts', 'Others'].map((displayName) => ({
    what: `a POST of ${displayName} beside the team Analysts under ${mapping}`,
    policies: { groupMapping: mapping },
    given: async () => {
      await alive().createTeam('Analysts');
      return (side) => side.postGroup({ displayName });
    },
  })),
);

const deletions: readonly Broken[] = ['unlink', 'archive', 'delete'].map((onGroupDelete) => ({
  what: `the deletion of a group under ${onGroupDelete}`,
  policies: { onGroupDelete },
  given: async () => {
    const { group } = await fed();
    return (side) => side.deleteGroup(group);
  },
}));

const commands: readonly Broken[] = [
  ...posts,
  ...deletions,
  {
    what: 'the first write to an external group',
    given: async () => {
      const { id } = await alive().createTeam('Analysts');
      return (side) => side.putGroup(id, { displayName: 'Engineers' });
    },
  },
  {
    what: 'a statement of name and members',
    given: async () => {
      const { group, team } = await fed();
      const { id: bob } = await alive().postUser({ userName: 'bob' });
      await alive().addTeamMember(team, bob);
      return (side) => side.putGroup(group, { displayName: 'Engineers', members: valuesOf([bob]) });
    },
  },
  {
    what: 'a decided link to a team that another group feeds',
    policies: { groupMapping: 'strict' },
    given: async () => {
      const { id: teamId } = await alive().createTeam('Analysts');
      await alive().linkGroup(await postGroup('A', []), { teamId });
      const group = await postGroup('B', []);
      return (side) => side.linkGroup(group, { teamId });
    },
  },
  {
    what: 'a decided link to a new team',
    policies: { groupMapping: 'strict' },
    given: async () => {
      const group = await postGroup('A', []);
      return (side) => side.linkGroup(group, { createTeam: true });
    },
  },
  {
    what: 'a decided link of a group that was kept apart',
    given: async () => {
      const { group, team } = await fed();
      await alive().unlinkGroup(group);
      return (side) => side.linkGroup(group, { teamId: team });
    },
  },
  {
    what: 'an unlinking',
    given: async () => {
      const { group } = await fed();
      return (side) => side.unlinkGroup(group);
    },
  },
  {
    what: 'the deletion of a team with two groups',
    policies: { groupMapping: 'strict' },
    given: async () => {
      const { id: teamId } = await alive().createTeam('Analysts');
      for (const name of ['A', 'B']) {
        await alive().linkGroup(await postGroup(name, []), { teamId });
      }
      return (side) => side.deleteTeam(teamId);
    },
  },
];

/** Every organization in which the command broke off, with the number of appends that it came to. */
async function* brokenOff({ policies, given }: Broken) {
  for (let appends = 0; ; appends += 1) {
    organization = await enabledOrganization(log.store, undefined, policies);
    const command = await given();
    const dying = writeSide(sequential(log.store, dyingBefore(appends)), organization);
    try {
      await command(dying);
      return;
    } catch (error) {
      if (!(error instanceof ProcessDied)) throw error;
    }
    yield { appends, command };
  }
}

describe('a command whose process died between two appends', () => {
  it.each(commands)('leaves no half link when the reactor was there: $what', async (broken) => {
    let deaths = 0;
    for await (const { appends } of brokenOff(broken)) {
      deaths += 1;
      await alive().react();
      await expect(teamsOf(log.store, organization)).resolves.toBeDefined();
      // A group that a broken deletion has set free is linked anew, where that is the policy.
      await alive().react();
      const head = await log.store.head();
      await alive().react();
      expect({ appends, head: await log.store.head() }).toEqual({ appends, head });
    }
    expect(deaths).toBeGreaterThan(0);
  });

  it.each(commands)('can be repeated, also after the reactor was there: $what', async (broken) => {
    for (const reacts of [false, true]) {
      for await (const { command } of brokenOff(broken)) {
        if (reacts) await alive().react();
        // What a repetition is told where the command has come to its end: deleted, taken, linked.
        const answers = /^(?:group-unknown|team-unknown|name-already-claimed|link-conflict)$/;
        await command(alive()).catch((error: Error) => expect(error.message).toMatch(answers));
        await alive().react();
        await expect(teamsOf(log.store, organization)).resolves.toBeDefined();
      }
    }
  });
});

describe('a link that stands in one stream', () => {
  it('is completed as it was begun where the policy has changed meanwhile', async () => {
    const mapping = { groupMapping: 'link-by-name' };
    organization = await enabledOrganization(log.store, undefined, mapping);
    const { id } = await alive().createTeam('Analysts');
    const dying = writeSide(sequential(log.store, dyingBefore(3)), organization);
    await expect(dying.postGroup({ displayName: 'Analysts' })).rejects.toThrow(ProcessDied);
    await setPolicies(log.store, organization, { groupMapping: 'strict' });
    await alive().react();
    expect(await teamsOf(log.store, organization)).toMatchObject([{ id, synced: true }]);
  });

  it('is undone where groups feed teams no more', async () => {
    organization = await enabledOrganization(log.store, undefined, {});
    const dying = writeSide(sequential(log.store, dyingBefore(3)), organization);
    await expect(dying.postGroup({ displayName: 'Analysts' })).rejects.toThrow(ProcessDied);
    await setPolicies(log.store, organization, { teamSync: 'off' });
    await alive().react();
    expect(await teamsOf(log.store, organization)).toMatchObject([{ synced: false }]);
  });

  it('leads to another team where an administrator has deleted the one that was made for it', async () => {
    organization = await enabledOrganization(log.store, undefined, {});
    const dying = writeSide(sequential(log.store, dyingBefore(3)), organization);
    await expect(dying.postGroup({ displayName: 'Analysts' })).rejects.toThrow(ProcessDied);
    const [made] = await teamsOf(log.store, organization).catch(() => []);
    expect(made).toBeUndefined();
    const [team] = await alive().services.lookup.teams(organization);
    await alive().deleteTeam(team!.teamId);
    await alive().react();
    const seen = await teamsOf(log.store, organization);
    expect(seen).toMatchObject([{ name: 'Analysts', synced: true }]);
    expect(seen[0]!.id).not.toBe(team!.teamId);
    expect(await teamOf(log.store, organization, team!.teamId)).toBeUndefined();
  });
});

describe('a command that is alive when the reactor comes', () => {
  /** A process that the reactor overtakes, once, before its second append. */
  const overtaken = (): Side => {
    let appends = 0;
    const store = sequential(log.store, async () => {
      appends += 1;
      if (appends === 2) await alive().react();
    });
    return writeSide(store, organization);
  };

  it('links the group although the reactor took the link back', async () => {
    organization = await enabledOrganization(log.store, undefined, {});
    const { group, team } = await fed();
    await alive().unlinkGroup(group);
    await overtaken().linkGroup(group, { teamId: team });
    await alive().react();
    expect(await teamsOf(log.store, organization)).toMatchObject([{ id: team, synced: true }]);
  });

  it('unlinks the group for good although the reactor did it first', async () => {
    organization = await enabledOrganization(log.store, undefined, {});
    const { group, team } = await fed();
    await overtaken().unlinkGroup(group);
    await alive().react();
    expect(await groupOf(log.store, organization, group)).toMatchObject({ keptApart: true });
    expect(await teamsOf(log.store, organization)).toMatchObject([{ id: team, synced: false }]);
  });
});

describe('a group and a team that somebody has begun to part', () => {
  const partings: readonly {
    readonly what: string;
    readonly policies: Values;
    readonly part: (side: Side, group: string) => Promise<unknown>;
  }[] = [
    {
      what: 'by unlinking',
      policies: { groupMapping: 'create' },
      part: (side, group) => side.unlinkGroup(group),
    },
    {
      what: 'by the deletion of the group',
      policies: { groupMapping: 'link-by-name', onGroupDelete: 'unlink' },
      part: (side, group) => side.deleteGroup(group),
    },
  ];
  const healers = ['the reactor', 'a statement and the reactor'];
  const cases = partings.flatMap((parting) =>
    healers.map((healer) => ({ ...parting, healer, states: healer !== 'the reactor' })),
  );

  it.each(cases)('are parted by $healer, which lets nobody in again: $what', async (each) => {
    organization = await enabledOrganization(log.store, undefined, each.policies);
    const [ada, bob] = await postUsers(alive(), 2);
    const group = await postGroup('Analysts', [ada!, bob!]);
    const { teamId: team } = (await groupOf(log.store, organization, group))!;
    await alive().removeTeamMember(team!, bob!);
    const dying = writeSide(sequential(log.store, dyingBefore(1)), organization);
    await expect(each.part(dying, group)).rejects.toThrow(ProcessDied);
    const { id: eve } = await alive().postUser({ userName: 'eve' });
    const joins = { op: 'add', path: 'members', value: valuesOf([eve]) };
    if (each.states) await alive().patchGroup(group, joins);
    for (const _ of ['parts', 'finds nothing']) await alive().react();
    expect(await teamsOf(log.store, organization)).toMatchObject([
      { id: team, synced: false, members: [ada] },
    ]);
  });

  it('feed each other again where an administrator decides it', async () => {
    organization = await enabledOrganization(log.store, undefined, {});
    const { group, team } = await fed();
    const dying = writeSide(sequential(log.store, dyingBefore(1)), organization);
    await expect(dying.unlinkGroup(group)).rejects.toThrow(ProcessDied);
    await alive().linkGroup(group, { teamId: team });
    const head = await log.store.head();
    await alive().react();
    expect(await log.store.head()).toBe(head);
    expect(await teamsOf(log.store, organization)).toMatchObject([{ id: team, synced: true }]);
  });
});

describe('a rule whose group', () => {
  const rule = { groupId: null, group: 'Analysts', license: 'analyst' };

  it.each([
    { fate: 'came to be', died: 2, bound: true },
    { fate: 'was deleted', died: 2, bound: false },
  ])('$fate by a command that broke off follows it', async ({ died, bound }) => {
    const policies = { licenseRules: [rule], onGroupDelete: 'unlink' };
    organization = await enabledOrganization(log.store, undefined, policies);
    const dying = writeSide(sequential(log.store, dyingBefore(died)), organization);
    if (bound) {
      await expect(dying.postGroup({ displayName: 'Analysts' })).rejects.toThrow(ProcessDied);
    } else {
      const id = await postGroup('Analysts', []);
      await expect(dying.deleteGroup(id)).rejects.toThrow(ProcessDied);
    }
    const before = await typesOf(log.store, organization);
    expect(before).toContain(bound ? 'GroupCreated' : 'GroupDeleted');
    await alive().react();
    const [group] = await alive().services.lookup.groups(organization);
    expect(await alive().services.organizations.state(organization)).toMatchObject({
      policies: { licenseRules: [{ ...rule, groupId: bound ? group!.groupId : null }] },
    });
  });
});
