import type { OrganizationId } from '../../src/domain/identifiers.js';
import { organization as decider, type PolicyValues } from '../../src/domain/organization.js';
import { defaultPolicies, presets, type Policies } from '../../src/domain/policies.js';
import { organizationStream } from '../../src/commands/streams.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { applicationSide } from './application-side.js';
import { eventsOf, typesOf, teamsOf } from './directory-of.js';
import { enabledOrganization, openLog, sequential, type Log } from './write-side.js';

let log: Log;
let organization: OrganizationId;
let side: ReturnType<typeof applicationSide>;
beforeAll(async () => {
  log = await openLog();
});
beforeEach(async () => {
  organization = await enabledOrganization(log.store);
  side = applicationSide(log.store, organization);
});
afterAll(() => log.close());

async function policies() {
  const { state } = await side.model.load(decider, organizationStream(organization));
  return state.status === 'existing' ? state.policies : undefined;
}

describe('a new organization', () => {
  let number = 0;
  beforeEach(() => {
    organization = `new-${(number += 1)}` as OrganizationId;
    side = applicationSide(log.store, organization);
  });

  it.each([
    {
      name: 'has the defaults of the installation',
      given: {},
      expected: { groupMapping: 'strict', teamSync: 'sign-in' },
    },
    {
      name: 'has its own where it says so',
      given: { groupMapping: 'ask' },
      expected: { groupMapping: 'ask', teamSync: 'sign-in' },
    },
    { name: 'has those of its preset', given: { preset: 'dbt' }, expected: presets.dbt },
  ] as readonly { name: string; given: PolicyValues; expected: Partial<Policies> }[])(
    '$name',
    async ({ given, expected }) => {
      await side.createOrganization(given, { groupMapping: 'strict', teamSync: 'sign-in' });
      expect(await policies()).toEqual({ ...defaultPolicies, ...expected });
    },
  );

  it('is refused with a policy that there is not, and is not created', async () => {
    await expect(side.createOrganization({ colour: 'red' })).rejects.toMatchObject({
      reason: 'policy-unknown',
    });
    expect(await policies()).toBeUndefined();
  });

  it('is created once', async () => {
    await side.createOrganization({});
    await expect(side.createOrganization({})).rejects.toMatchObject({
      reason: 'organization-already-exists',
    });
  });
});

describe('a rule about a group', () => {
  it('is bound to the group of that name, or of that id', async () => {
    const { id } = await side.postGroup({ displayName: 'Analysts' });
    const bound = { groupId: id, group: 'Analysts' };
    await side.setPolicies({
      licenseRules: [{ group: 'Analysts', license: 'analyst' }],
      roleRules: [{ group: id, role: 'analyst' }],
    });
    expect(await policies()).toMatchObject({
      licenseRules: [{ ...bound, license: 'analyst' }],
      roleRules: [{ ...bound, role: 'analyst' }],
    });
  });

  it.each(['analysts', 'Analyst', '0193e0c0-0000-7000-8000-00000000000a'])(
    'is not bound by %s, which names none',
    async (group) => {
      await side.postGroup({ displayName: 'Analysts' });
      await side.setPolicies({ licenseRules: [{ group, license: 'analyst' }] });
      expect(await policies()).toMatchObject({
        licenseRules: [{ groupId: null, group, license: 'analyst' }],
      });
    },
  );

  it('as it is shown may be set again: nothing changes, also after the group was renamed', async () => {
    const { id } = await side.postGroup({ displayName: 'Analysts' });
    await side.setPolicies({ licenseRules: [{ group: 'Analysts', license: 'analyst' }] });
    await side.patchGroup(id, { op: 'replace', path: 'displayName', value: 'Scientists' });
    const { licenseRules } = (await policies())!;
    expect(licenseRules).toMatchObject([{ groupId: id }]);
    expect(
      await side.setPolicies({ licenseRules: licenseRules.map((rule) => ({ ...rule })) }),
    ).toBeNull();
  });

  it('whose group is deleted is bound anew by its name', async () => {
    const { id } = await side.postGroup({ displayName: 'Analysts' });
    await side.deleteGroup(id);
    const next = await side.postGroup({ displayName: 'Analysts' });
    await side.setPolicies({
      licenseRules: [{ groupId: id, group: 'Analysts', license: 'analyst' }],
    });
    expect(await policies()).toMatchObject({ licenseRules: [{ groupId: next.id }] });
  });

  it.each([
    { store: 'all at once', on: (store: EventStore) => store },
    { store: 'one by one', on: (store: EventStore) => sequential(store) },
  ])('whose group is deleted awaits the next of its name: appends $store', async ({ on }) => {
    const writer = applicationSide(on(log.store), organization);
    const { id } = await writer.postGroup({ displayName: 'Analysts' });
    const other = await writer.postGroup({ displayName: 'Others' });
    await writer.setPolicies({
      licenseRules: [
        { group: 'Analysts', license: 'analyst' },
        { group: 'Others', license: 'other' },
      ],
    });
    await writer.patchGroup(id, { op: 'replace', path: 'displayName', value: 'Scientists' });
    await writer.deleteGroup(id);
    const untouched = { groupId: other.id, group: 'Others', license: 'other' };
    expect(await policies()).toMatchObject({
      licenseRules: [{ groupId: null, group: 'Scientists', license: 'analyst' }, untouched],
    });
    const next = await writer.postGroup({ displayName: 'Scientists' });
    expect(await policies()).toMatchObject({
      licenseRules: [{ groupId: next.id, group: 'Scientists' }, untouched],
    });
  });

  it('of a group whose name is no name of rules keeps the name that it had', async () => {
    const { id } = await side.postGroup({ displayName: 'Analysts' });
    await side.setPolicies({ licenseRules: [{ group: 'Analysts', license: 'analyst' }] });
    await side.patchGroup(id, { op: 'replace', path: 'displayName', value: 'a\u0007b' });
    await side.setPolicies({ roleRules: [{ group: id, role: 'analyst' }] });
    await side.deleteGroup(id);
    expect(await policies()).toMatchObject({
      licenseRules: [{ groupId: null, group: 'Analysts' }],
      roleRules: [{ groupId: null, group: id }],
    });
  });

  it('of a wrong shape is refused', async () => {
    await expect(side.setPolicies({ licenseRules: [{ group: 'Analysts' }] })).rejects.toMatchObject(
      { reason: 'policy-value-invalid' },
    );
  });
});

describe('break-glass users', () => {
  it('are recorded as ids, named by id or userName', async () => {
    const { id: ada } = await side.postUser({ userName: 'ada' });
    const { id: bob } = await side.postUser({ userName: 'bob' });
    await side.setPolicies({ breakGlassUsers: ['ADA', bob] });
    expect(await policies()).toMatchObject({ breakGlassUsers: [ada, bob] });
  });

  it.each(['nobody', '0193e0c0-0000-7000-8000-00000000000a'])('are not %s', async (given) => {
    await expect(side.setPolicies({ breakGlassUsers: [given] })).rejects.toMatchObject({
      reason: 'policy-value-invalid',
      details: { policy: 'breakGlassUsers', found: `"${given}"` },
    });
  });

  it('may stay in the list after they were deleted', async () => {
    const { id } = await side.registerUser({ userName: 'ada' });
    await side.setPolicies({ breakGlassUsers: [id] });
    await side.removeUser(id);
    expect(await side.setPolicies({ breakGlassUsers: [id] })).toBeNull();
  });

  it('are out of the reach of the identity provider at once', async () => {
    const { id } = await side.postUser({ userName: 'ada' });
    await side.setPolicies({ breakGlassUsers: ['ada'] });
    await expect(side.deleteUser(id)).rejects.toMatchObject({
      reason: 'protected-user',
      details: { protection: 'break-glass' },
    });
  });
});

describe('a preview of policies', () => {
  it('shows what they would be, and records nothing', async () => {
    const { id } = await side.postGroup({ displayName: 'Analysts' });
    const before = await eventsOf(log.store, organization);
    const licenseRules = [{ group: 'Analysts', license: 'analyst' }];
    const preview = await side.previewPolicies({ preset: 'dbt', licenseRules });
    expect(preview).toEqual({
      before: defaultPolicies,
      after: {
        ...defaultPolicies,
        ...presets.dbt,
        licenseRules: [{ groupId: id, group: 'Analysts', license: 'analyst' }],
      },
    });
    expect(await eventsOf(log.store, organization)).toEqual(before);
  });

  it('refuses what setting them refuses', async () => {
    await expect(side.previewPolicies({ teamSync: 'sign-in' })).rejects.toMatchObject({
      reason: 'team-sync-conflict',
    });
  });
});

describe('groups that were stored get their teams', () => {
  const teams = async () => (await teamsOf(log.store, organization)).map(({ name }) => name);

  it.each([
    { policy: 'groupMapping', from: 'strict', to: 'create' },
    { policy: 'groupMapping', from: 'ask', to: 'link-by-name' },
    { policy: 'teamSync', from: 'off', to: 'scim' },
  ])('when $policy becomes $to', async ({ policy, from, to }) => {
    await side.setPolicies({ [policy]: from, groupNames: 'any' });
    if (from === 'ask') await side.createTeam('one');
    await side.postGroup({ displayName: 'one' });
    const before = (await teams()).length;
    const position = await side.setPolicies({ [policy]: to });
    expect(await teams()).toEqual(['one']);
    expect(before).toBe(from === 'ask' ? 1 : 0);
    expect(position).toBe(await log.store.head());
  });

  it('not when another policy changes', async () => {
    await side.setPolicies({ groupMapping: 'strict' });
    await side.postGroup({ displayName: 'one' });
    await side.setPolicies({ onDeactivate: 'remove' });
    expect(await teams()).toEqual([]);
  });

  it('when SCIM is enabled, and teams become groups where all is adopted', async () => {
    await side.setPolicies({ adoption: 'all-at-once' });
    await side.disableSync();
    const { id } = await side.createTeam('Analysts');
    const position = await side.enableSync();
    const groups = (await eventsOf(log.store, organization)).flatMap(({ event }) =>
      event.type === 'GroupLinked' ? [event] : [],
    );
    expect(groups).toEqual([{ type: 'GroupLinked', groupId: id, teamId: id }]);
    expect(position).toBe(await log.store.head());
  });

  it('and teams are adopted when adoption becomes all at once', async () => {
    await side.createTeam('Analysts');
    await side.setPolicies({ adoption: 'all-at-once' });
    expect(await typesOf(log.store, organization)).toContain('GroupLinked');
  });
});

describe('50 parallel switches of teamSync', () => {
  it('never leave both on', async () => {
    const other = applicationSide(log.store, organization);
    const wanted = ['off', 'scim', 'sign-in'];
    await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? side : other).setPolicies({ teamSync: wanted[i % 3] ?? 'off' }),
      ),
    );
    const values = (await eventsOf(log.store, organization)).flatMap(({ event }) =>
      event.type === 'PolicyChanged' && event.policy === 'teamSync' ? [event.value] : [],
    );
    for (const [i, value] of values.entries()) {
      expect([i === 0 ? 'scim' : values[i - 1], value]).toContain('off');
    }
    expect(values.length).toBeGreaterThan(2);
  });
});
