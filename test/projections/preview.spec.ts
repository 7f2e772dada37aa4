import type { JsonValue, OrganizationId } from '../../src/domain/identifiers.js';
import { withPolicy } from '../../src/domain/policies.js';
import { PreviewQueries, type Effects } from '../../src/projections/roster/preview.queries.js';
import { SettingsQueries } from '../../src/projections/roster/settings.queries.js';
import { groupIdOf, teamIdOf, userIdOf } from './roster-facts.js';
import {
  ada,
  bob,
  builders,
  designers,
  engineers,
  painters,
  openRoster,
  tell,
  type RosterSide,
} from './roster-side.js';

let roster: RosterSide;
let previews: PreviewQueries;
let settings: SettingsQueries;
beforeAll(async () => {
  roster = await openRoster();
  previews = new PreviewQueries(roster.pool, roster.schema);
  settings = new SettingsQueries(roster.pool, roster.schema);
});
afterAll(() => roster.close());

const happens: RosterSide['happens'] = (...facts) => roster.happens(...facts);
const tellEnabled = () => {
  const s = tell();
  return { ...s, enabled: s.about({ type: 'SyncEnabled' }) };
};

/** What changing these policies would come to. */
async function changing(
  organization: OrganizationId,
  values: Readonly<Record<string, JsonValue>>,
): Promise<Effects> {
  const { policies } = await settings.settings(organization);
  const after = Object.entries(values).reduce(
    (all, [name, value]) => withPolicy(all, name, value),
    policies,
  );
  return previews.policyEffects(organization, policies, after);
}

const nothing = { items: [], total: 0 };
const exactly = (...effects: readonly (readonly [id: string, effect: string])[]) => ({
  items: effects.map(([id, effect]) => expect.objectContaining({ id, effect }) as unknown),
  total: effects.length,
});

describe('a preview', () => {
  it('of adopting all at once names the unsynced users and teams', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.provisioned(ada, 'ada'), s.registered(bob, 'bob')],
      ...[s.teamed(builders, 'Builders'), s.teamed(painters, 'Painters')],
      ...[s.grouped(engineers, 'Engineers'), s.linked(engineers, builders)],
    );
    expect(await changing(s.organization, { adoption: 'all-at-once' })).toMatchObject({
      users: {
        items: [{ id: bob, userName: 'bob', effect: 'becomes synced' }],
        total: 1,
      },
      groups: nothing,
      teams: {
        items: [
          { id: painters, name: 'Painters', effect: 'becomes synced, as a group of its name' },
        ],
        total: 1,
      },
      locks: { items: [{ kind: 'user', id: bob, effect: 'deletion locked' }], total: 1 },
    });
  });

  it('of adopting all at once leaves out teams whose name a group bears', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.policy('groupMapping', 'strict')],
      ...[s.teamed(builders, 'Builders'), s.grouped(engineers, 'BUILDERS')],
    );
    const { teams } = await changing(s.organization, { adoption: 'all-at-once' });
    expect(teams).toEqual(nothing);
  });

  it('of enabling SCIM says who is adopted and what is locked from then on', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.policy('adoption', 'all-at-once'), s.policy('manualUpdates', 'locked')],
      ...[s.policy('appCreatedUsers', 'refuse'), s.registered(ada, 'ada')],
      s.teamed(builders, 'Builders'),
    );
    expect(await previews.enableEffects(s.organization)).toMatchObject({
      users: exactly([ada, 'becomes synced']),
      teams: exactly([builders, 'becomes synced, as a group of its name']),
      locks: {
        items: [
          { kind: 'organization', effect: 'adding users locked' },
          { kind: 'user', id: ada, name: 'ada', effect: 'locked' },
          { kind: 'user', id: ada, effect: 'deletion locked' },
          { kind: 'team', id: builders, name: 'Builders', effect: 'locked' },
          { kind: 'membership', id: builders, effect: 'locked' },
        ],
        total: 5,
      },
    });
  });

  it('of enabling SCIM that adopts on the first write adopts nobody', async () => {
    const s = tellEnabled();
    await happens(s.created, s.registered(ada, 'ada'), s.teamed(builders, 'Builders'));
    const all = { users: nothing, groups: nothing, teams: nothing, locks: nothing };
    expect(await previews.enableEffects(s.organization)).toEqual(all);
  });

  it('of groupMapping create gives every stored group a team, save those kept apart', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.policy('groupMapping', 'strict')],
      ...[s.teamed(builders, 'Engineers'), s.grouped(engineers, 'Engineers')],
      s.grouped(designers, 'Designers'),
      s.group(designers, { type: 'GroupUnlinked', teamId: painters, byChoice: true }),
    );
    expect(await changing(s.organization, { groupMapping: 'create' })).toMatchObject({
      groups: {
        items: [{ id: engineers, displayName: 'Engineers', effect: 'gets a team of its name' }],
        total: 1,
      },
      teams: nothing,
    });
  });

  it('of groupMapping link-by-name links the team of that name, makes one, or leaves it to decide', async () => {
    const s = tellEnabled();
    const [clash, first, second] = [groupIdOf('c0'), teamIdOf('c1'), teamIdOf('c2')];
    await happens(
      ...[s.created, s.enabled, s.policy('groupMapping', 'strict')],
      ...[s.teamed(builders, 'Engineers'), s.teamed(first, 'Clash'), s.teamed(second, 'Clash')],
      ...[s.grouped(engineers, 'Engineers'), s.grouped(designers, 'Designers')],
      s.grouped(clash, 'Clash'),
    );
    expect(await changing(s.organization, { groupMapping: 'link-by-name' })).toMatchObject({
      groups: exactly(
        [engineers, 'is linked to the team Engineers'],
        [designers, 'gets a team of its name'],
      ),
      teams: exactly([builders, 'becomes synced, fed by the group Engineers']),
    });
  });

  it('of two groups of one name links the older one', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.policy('groupMapping', 'strict')],
      ...[s.teamed(builders, 'Engineers'), s.grouped(designers, 'Engineers')],
      s.grouped(engineers, 'Engineers'),
    );
    const { groups } = await changing(s.organization, { groupMapping: 'link-by-name' });
    expect(groups).toMatchObject(
      exactly(
        [designers, 'is linked to the team Engineers'],
        [engineers, 'gets a team of its name'],
      ),
    );
  });

  it('of teamSync scim links what waited, while SCIM is on', async () => {
    const s = tellEnabled();
    await happens(s.created, s.policy('teamSync', 'off'), s.grouped(engineers, 'Engineers'));
    expect((await changing(s.organization, { teamSync: 'scim' })).groups).toEqual(nothing);
    await happens(s.enabled);
    expect((await changing(s.organization, { teamSync: 'scim' })).groups).toMatchObject(
      exactly([engineers, 'gets a team of its name']),
    );
  });

  it('of teamSync says whose members rest and whose count again', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.teamed(painters, 'Painters'), s.grouped(engineers, 'Engineers', ada)],
      ...[s.linked(engineers, builders), s.about({ type: 'TeamSyncStarted', era: 1 })],
      s.signedIn(ada, 1, painters),
    );
    expect((await changing(s.organization, { teamSync: 'off' })).teams).toMatchObject(
      exactly([builders, 'members by groups rest']),
    );
    await happens(s.policy('teamSync', 'off'));
    expect((await changing(s.organization, { teamSync: 'sign-in' })).teams).toMatchObject(
      exactly([painters, 'members by sign-in count again']),
    );
    expect((await changing(s.organization, { teamSync: 'scim' })).teams).toMatchObject(
      exactly([builders, 'members by groups count again']),
    );
  });

  it('locks no team while groups feed none', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.policy('teamSync', 'off'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers'), s.linked(engineers, builders)],
    );
    expect((await changing(s.organization, { manualUpdates: 'locked' })).locks).toEqual(nothing);
    await happens(s.policy('manualUpdates', 'locked'));
    expect((await changing(s.organization, { teamSync: 'scim' })).locks).toMatchObject({
      items: [
        { kind: 'team', id: builders, effect: 'locked' },
        { kind: 'membership', id: builders, effect: 'locked' },
      ],
    });
  });

  it.each([
    ['users', 'user', ada],
    ['teams', 'team', builders],
    ['memberships', 'membership', builders],
  ])('of locking %s names each that is synced, and of unlocking too', async (of, kind, id) => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.provisioned(ada, 'ada'), s.registered(bob, 'bob')],
      ...[s.teamed(builders, 'Builders'), s.teamed(painters, 'Painters')],
      ...[s.grouped(engineers, 'Engineers'), s.linked(engineers, builders)],
    );
    const locked = await changing(s.organization, { manualUpdates: { [of]: 'locked' } });
    expect(locked.locks).toMatchObject({ items: [{ kind, id, effect: 'locked' }], total: 1 });
    await happens(s.policy('manualUpdates', { [of]: 'locked' }));
    const unlocked = await changing(s.organization, { manualUpdates: 'warn' });
    expect(unlocked.locks).toMatchObject({ items: [{ kind, id, effect: 'unlocked' }], total: 1 });
  });

  it('of manualDelete and appCreatedUsers says what may be done by hand from then on', async () => {
    const s = tellEnabled();
    await happens(s.created, s.enabled, s.provisioned(ada, 'ada'), s.registered(bob, 'bob'));
    const change = { manualDelete: 'allow', appCreatedUsers: 'refuse' };
    expect((await changing(s.organization, change)).locks).toMatchObject({
      items: [
        { kind: 'organization', id: s.organization, effect: 'adding users locked' },
        { kind: 'user', id: ada, effect: 'deletion unlocked' },
      ],
      total: 2,
    });
  });

  it('locks nothing while SCIM is off', async () => {
    const s = tellEnabled();
    await happens(s.created, s.provisioned(ada, 'ada'));
    const { locks } = await changing(s.organization, { manualUpdates: 'locked' });
    expect(locks).toEqual(nothing);
  });

  it('of rules and defaults names whose role and license would be another', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.grouped(engineers, 'Engineers', ada), s.policy('defaultLicense', 'viewer')],
    );
    const { users } = await changing(s.organization, {
      roleSource: 'groups',
      roleRules: [{ group: 'Engineers', role: 'editor' }],
      licenseRules: [{ group: engineers, groupId: engineers, license: 'analyst' }],
      defaultLicense: null,
    });
    expect(users).toMatchObject(
      exactly(
        [ada, 'role editor instead of member'],
        [ada, 'license analyst instead of viewer'],
        [bob, 'license none instead of viewer'],
      ),
    );
  });

  it('changes no administrator’s role, and gives nothing to who left', async () => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.grouped(engineers, 'Engineers', ada, bob)],
      s.user(ada, { type: 'UserRoleChanged', role: 'admin', source: 'manual' }),
      s.user(bob, { type: 'UserDeactivated' }),
      s.user(bob, { type: 'UserLeftOrganization' }),
    );
    const change = {
      roleSource: 'groups',
      roleRules: [{ group: 'Engineers', role: 'editor' }],
      defaultRole: 'guest',
    };
    expect((await changing(s.organization, change)).users).toEqual(nothing);
  });

  it.each<Readonly<Record<string, JsonValue>>>([
    { onDeactivate: 'remove' },
    { allowSignUp: false },
    { provider: 'okta' },
  ])('of %j affects nobody', async (change) => {
    const s = tellEnabled();
    await happens(
      ...[s.created, s.enabled, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      s.grouped(engineers, 'Engineers', ada),
    );
    const effects = await changing(s.organization, change);
    expect(effects).toEqual({ users: nothing, groups: nothing, teams: nothing, locks: nothing });
  });

  it('lists the first 500 and counts them all', async () => {
    const s = tellEnabled();
    const users = Array.from({ length: 501 }, (_, n) => userIdOf(`${n}`));
    await happens(
      s.created,
      s.enabled,
      users.map((id) => s.registered(id, `u${id}`)),
    );
    const { users: adopted } = await changing(s.organization, { adoption: 'all-at-once' });
    expect({ listed: adopted.items.length, total: adopted.total }).toEqual({
      listed: 500,
      total: 501,
    });
  });
});
