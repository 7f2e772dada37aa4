import type { OrganizationId } from '../../src/domain/identifiers.js';
import { LinkQueries } from '../../src/projections/roster/links.queries.js';
import { TeamSyncQueries } from '../../src/projections/roster/team-sync.queries.js';
import { teamIdOf } from './roster-facts.js';
import {
  ada,
  bob,
  builders,
  cleo,
  designers,
  engineers,
  painters,
  openRoster,
  tell,
  type RosterSide,
} from './roster-side.js';

let roster: RosterSide;
let links: LinkQueries;
beforeAll(async () => {
  roster = await openRoster();
  links = new LinkQueries(roster.pool, roster.schema);
});
afterAll(() => roster.close());

const happens: RosterSide['happens'] = (...facts) => roster.happens(...facts);

describe('a link', () => {
  it.each([
    ['ask', 'scim', 'pending'],
    ['create', 'scim', 'pending'],
    ['strict', 'scim', 'unmapped'],
    ['create', 'off', 'unmapped'],
    ['create', 'sign-in', 'unmapped'],
  ])(
    'of a group without team under groupMapping %s and teamSync %s is %s',
    async (groupMapping, teamSync, state) => {
      const s = tell();
      await happens(
        ...[s.created, s.policy('groupMapping', groupMapping), s.policy('teamSync', teamSync)],
        s.grouped(engineers, 'Engineers'),
      );
      expect(await links.link(s.organization, engineers)).toMatchObject({
        displayName: 'Engineers',
        state,
        team: null,
      });
    },
  );

  it('is linked while the group feeds a team, and unlinked when that ended by choice', async () => {
    const s = tell();
    const unlinked = (byChoice: boolean) =>
      s.group(engineers, { type: 'GroupUnlinked', teamId: builders, byChoice });
    await happens(
      ...[s.created, s.teamed(builders, 'Builders'), s.grouped(engineers, 'Engineers')],
      s.linked(engineers, builders),
    );
    expect(await links.link(s.organization, engineers)).toMatchObject({
      state: 'linked',
      team: { id: builders, name: 'Builders' },
      candidates: [],
    });
    await happens(unlinked(false));
    expect(await links.link(s.organization, engineers)).toMatchObject({ state: 'pending' });
    await happens(s.linked(engineers, builders), unlinked(true));
    expect(await links.link(s.organization, engineers)).toMatchObject({ state: 'unlinked' });
    await happens(s.linked(engineers, builders));
    expect(await links.link(s.organization, engineers)).toMatchObject({ state: 'linked' });
  });

  it('has for candidates the unsynced teams of exactly that name, spaces at its ends aside', async () => {
    const s = tell();
    const [archived, fed, lower, other] = [1, 2, 3, 4].map((n) => teamIdOf(`aa${n}`)) as [
      ReturnType<typeof teamIdOf>,
      ...ReturnType<typeof teamIdOf>[],
    ];
    await happens(
      ...[s.created, s.teamed(builders, 'Engineers'), s.teamed(painters, 'Engineers ')],
      ...[s.teamed(archived, 'Engineers'), s.team(archived, { type: 'TeamArchived' })],
      ...[s.teamed(fed!, 'Engineers'), s.team(fed!, { type: 'TeamSynced', groupId: designers })],
      ...[s.teamed(lower!, 'engineers'), s.teamed(other!, 'Builders')],
      s.grouped(engineers, ' Engineers '),
    );
    expect(await links.link(s.organization, engineers)).toMatchObject({
      candidates: [
        { id: builders, name: 'Engineers' },
        { id: painters, name: 'Engineers ' },
      ],
    });
  });

  it('tells who would join the only candidate and whom the next full push would end', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.provisioned(cleo, 'cleo'), s.teamed(builders, 'Engineers')],
      ...[s.granted(builders, false, bob, cleo), s.grouped(engineers, 'Engineers', ada, bob)],
    );
    expect(await links.link(s.organization, engineers)).toMatchObject({
      joining: { items: [ada], total: 1 },
      leaving: { items: [cleo], total: 1 },
    });
    await happens(s.policy('manualMembers', 'keep'));
    expect(await links.link(s.organization, engineers)).toMatchObject({
      leaving: { items: [], total: 0 },
    });
  });

  it('tells nobody to leave where several teams are candidates', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.teamed(builders, 'Engineers'), s.teamed(painters, 'Engineers')],
      ...[s.granted(builders, false, bob), s.grouped(engineers, 'Engineers', ada)],
    );
    expect(await links.link(s.organization, engineers)).toMatchObject({
      joining: { items: [ada] },
      leaving: { items: [] },
    });
  });

  it('tells of a linked group who was taken out of its team by hand', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.teamed(builders, 'Engineers'), s.grouped(engineers, 'Engineers', ada, bob)],
      ...[s.linked(engineers, builders)],
      s.team(builders, { type: 'TeamMembersExcluded', users: [bob] }),
    );
    expect(await links.link(s.organization, engineers)).toMatchObject({
      joining: { items: [bob], total: 1 },
      leaving: { items: [], total: 0 },
    });
  });

  it('counts nobody who left the organization', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.provisioned(bob, 'bob')],
      ...[s.teamed(builders, 'Engineers'), s.granted(builders, false, bob)],
      ...[s.grouped(engineers, 'Engineers', ada), s.user(ada, { type: 'UserDeactivated' })],
      ...[s.user(ada, { type: 'UserLeftOrganization' }), s.user(bob, { type: 'UserDeleted' })],
    );
    expect(await links.link(s.organization, engineers)).toMatchObject({
      joining: { total: 0 },
      leaving: { total: 0 },
    });
  });

  it('of each group comes in creation order, in pages', async () => {
    const s = tell();
    await happens(s.created, s.grouped(engineers, 'Engineers'), s.grouped(designers, 'Designers'));
    const [first] = await links.links(s.organization, '0', 1);
    const rest = await links.links(s.organization, first!.sequence, 10);
    expect([first!.groupId, ...rest.map(({ groupId }) => groupId)]).toEqual([engineers, designers]);
  });

  it('of a deleted group is none, and one of the same id begins anew', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Engineers')],
      ...[s.grouped(engineers, 'Engineers', ada), s.linked(engineers, builders)],
      s.group(engineers, { type: 'GroupDeleted' }),
    );
    expect(await links.link(s.organization, engineers)).toBeUndefined();
    await happens(s.grouped(engineers, 'Again'));
    expect(await links.link(s.organization, engineers)).toMatchObject({
      displayName: 'Again',
      team: null,
      joining: { total: 0 },
    });
  });

  it('of another organization is not told', async () => {
    const [s, other] = [tell(), tell()];
    await happens(
      ...[s.created, s.teamed(builders, 'Engineers'), other.created],
      other.grouped(engineers, 'Engineers'),
    );
    expect(await links.link(s.organization, engineers)).toBeUndefined();
    expect(await links.link(other.organization, engineers)).toMatchObject({ candidates: [] });
  });
});

describe('a migration from Team Sync', () => {
  const effects = (
    organization: OrganizationId,
    ...plan: readonly { groupId: typeof engineers | null; teamId: typeof builders }[]
  ) => new TeamSyncQueries(roster.pool, roster.schema).migrationEffects(organization, plan);

  it('gains whom the group has and the sign-ins had not, and loses the reverse', async () => {
    const s = tell();
    await happens(
      ...[s.created, ...s.signIns(1), s.provisioned(ada, 'ada')],
      ...[s.provisioned(bob, 'bob'), s.provisioned(cleo, 'cleo'), s.teamed(builders, 'Builders')],
      ...[s.signedIn(ada, 1, builders), s.signedIn(bob, 1, builders)],
      s.grouped(engineers, 'Engineers', bob, cleo),
    );
    expect(await effects(s.organization, { groupId: engineers, teamId: builders })).toEqual({
      teams: [
        {
          team: { id: builders, name: 'Builders' },
          gained: { items: [cleo], total: 1 },
          lost: { items: [ada], total: 1 },
        },
      ],
      groupNames: new Map([[engineers, 'Engineers']]),
    });
  });

  it('loses nobody whom another grant keeps, and gains nobody who left', async () => {
    const s = tell();
    await happens(
      ...[s.created, ...s.signIns(1), s.provisioned(ada, 'ada')],
      ...[s.provisioned(bob, 'bob'), s.teamed(builders, 'Builders')],
      ...[s.signedIn(ada, 1, builders), s.granted(builders, false, ada)],
      ...[s.grouped(engineers, 'Engineers', bob), s.user(bob, { type: 'UserDeactivated' })],
      s.user(bob, { type: 'UserLeftOrganization' }),
    );
    expect(await effects(s.organization, { groupId: engineers, teamId: builders })).toMatchObject({
      teams: [{ gained: { total: 0 }, lost: { total: 0 } }],
    });
  });

  it('loses everybody of a team without a group, and of a team that is not mapped any more', async () => {
    const s = tell();
    await happens(
      ...[s.created, ...s.signIns(1), s.provisioned(ada, 'ada')],
      ...[s.teamed(builders, 'Builders'), s.teamed(painters, 'Painters')],
      s.signedIn(ada, 1, builders, painters),
    );
    expect(await effects(s.organization, { groupId: null, teamId: builders })).toMatchObject({
      teams: [
        { team: { id: builders }, gained: { total: 0 }, lost: { items: [ada] } },
        { team: { id: painters }, gained: { total: 0 }, lost: { items: [ada] } },
      ],
    });
  });

  it('of two groups into one team gains the members of both, each once', async () => {
    const s = tell();
    await happens(
      ...[s.created, ...s.signIns(1), s.provisioned(ada, 'ada')],
      ...[s.provisioned(bob, 'bob'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers', ada, bob), s.grouped(designers, 'Designers', bob)],
    );
    const plan = [engineers, designers].map((groupId) => ({ groupId, teamId: builders }));
    expect(await effects(s.organization, ...plan)).toMatchObject({
      teams: [{ gained: { items: [ada, bob].sort(), total: 2 }, lost: { total: 0 } }],
    });
  });

  it('gains whom a group holds that fed the team before, and rested', async () => {
    const s = tell();
    await happens(
      ...[s.created, s.provisioned(ada, 'ada'), s.teamed(builders, 'Builders')],
      ...[s.grouped(engineers, 'Engineers', ada), s.linked(engineers, builders), s.signIns(1)],
    );
    expect(await effects(s.organization)).toMatchObject({
      teams: [{ team: { id: builders }, gained: { items: [ada] }, lost: { total: 0 } }],
    });
  });

  it('compares with nothing of an earlier era', async () => {
    const s = tell();
    await happens(
      ...[s.created, ...s.signIns(1), s.provisioned(ada, 'ada')],
      ...[s.teamed(builders, 'Builders'), s.signedIn(ada, 1, builders)],
      s.about({ type: 'TeamSyncStarted', era: 2 }),
    );
    expect(await effects(s.organization, { groupId: null, teamId: builders })).toMatchObject({
      teams: [{ lost: { total: 0 } }],
    });
  });
});
