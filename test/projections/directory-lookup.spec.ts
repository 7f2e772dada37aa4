import type { DirectoryLookup } from '../../src/commands/directory-lookup.js';
import type { GroupId, OrganizationId } from '../../src/domain/identifiers.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import type { PointReads } from '../../src/projections/directory/directory.queries.js';
import { LookupQueries } from '../../src/projections/directory/lookup.queries.js';
import { factsOfTeams, groupIdOf, ownGroupOf, teamIdOf, userIdOf } from './facts-of-teams.js';
import { openReadSide, type Fact, type ReadSide } from './read-side.js';

const SCHEMA = 'directory_x';

interface Row {
  readonly 'QUERY PLAN': string;
}

let readSide: ReadSide;
let projection: DirectoryProjection;
let lookup: DirectoryLookup;
let told = 0;

beforeAll(async () => {
  readSide = await openReadSide();
  projection = new DirectoryProjection(readSide.store);
  lookup = new LookupQueries(readSide.pool, SCHEMA);
  await readSide.createTables(projection, SCHEMA);
});
afterAll(() => readSide.close());

/** An organization of its own, of which these facts are recorded while SCIM is on. */
async function given(facts: (f: ReturnType<typeof factsOfTeams>) => readonly (readonly Fact[])[]) {
  const organization = `acme-${++told}` as OrganizationId;
  const f = factsOfTeams(organization);
  const events = await readSide.record([f.enabled, ...facts(f)].flat());
  await readSide.apply(projection, SCHEMA, events);
  return organization;
}

describe('users who hold a value', () => {
  const emails = (...values: readonly string[]) => ({ emails: values.map((value) => ({ value })) });

  it.each([
    { value: 'ada@example.com', found: [1, 3] },
    { value: 'ADA@Example.com', found: [1, 3] },
    { value: 'a@home', found: [1] },
    { value: 'ada@example.co', found: [] },
    { value: '', found: [] },
    { value: 'a"\\%\n', found: [] },
  ])('are found by any address, regardless of letter case: $value', async ({ value, found }) => {
    const organization = await given((f) => [
      f.user(1, emails('Ada@Example.com', 'a@home')),
      f.user(2, emails('bob@example.com')),
      f.user(3, emails('x@y', 'ada@EXAMPLE.com')),
      f.user(4, { displayName: 'ada@example.com' }),
    ]);
    await given((f) => [f.user(1, emails('ada@example.com'))]);
    const users = await lookup.usersMatching(organization, 'emails.value', value);
    expect(users).toEqual(found.map(userIdOf));
  });

  it.each([
    { value: '00uAda', found: [1] },
    { value: '00UADA', found: [2] },
    { value: '00uad', found: [] },
  ])('are found by exactly this externalId: $value', async ({ value, found }) => {
    const organization = await given((f) => [
      f.user(1, { externalId: '00uAda' }),
      f.user(2, { externalId: '00UADA' }),
    ]);
    const users = await lookup.usersMatching(organization, 'externalId', value);
    expect(users).toEqual(found.map(userIdOf));
  });

  it('are found by addresses through their index, however many users there are', async () => {
    await readSide.pool.query(
      `INSERT INTO ${SCHEMA}.users (organization, id, sequence, revision, version, created_at, modified_at, resource, search)
       SELECT 'large', 'u' || n, n, 0, 0, '', '', '{}', json_build_object('emails', ARRAY[json_build_object('value', n || '@example.com')])
       FROM generate_series(1, 5000) AS n`,
    );
    await readSide.pool.query(`ANALYZE ${SCHEMA}.users`);
    const plan: string[] = [];
    const points: PointReads = readSide.pool;
    const explaining = new LookupQueries(readSide.pool, SCHEMA, {
      async query(read) {
        const values = [...read.values];
        const { rows } = await readSide.pool.query<Row>(`EXPLAIN ${read.text}`, values);
        plan.push(...rows.map((row) => row['QUERY PLAN']));
        return points.query(read);
      },
    });
    const organization = 'large' as OrganizationId;
    const found = await explaining.usersMatching(organization, 'emails.value', '77@Example.com');
    expect(found).toEqual(['u77']);
    expect(plan.join('\n')).toContain('Bitmap Index Scan on users_by_email');
  });
});

describe('groups', () => {
  const stored = () =>
    given((f) => [
      f.team(1, 'Analysts'),
      f.group(groupIdOf(1), 'Analysts', 'x'),
      f.group(groupIdOf(2), 'Engineers', 'X'),
      f.group(groupIdOf(3), 'Linked'),
      f.linked(groupIdOf(3), 3),
      f.group(groupIdOf(4), 'Apart'),
      f.linked(groupIdOf(4), 4),
      f.unlinked(groupIdOf(4), 4, true),
      f.group(groupIdOf(5), 'Free again'),
      f.linked(groupIdOf(5), 5),
      f.unlinked(groupIdOf(5), 5, false),
    ]);

  it('are found by name, teams are not', async () => {
    expect(await lookup.groupsNamed(await stored(), 'Analysts')).toEqual([groupIdOf(1)]);
  });

  it('are found by exactly this externalId', async () => {
    expect(await lookup.groupsWithExternalId(await stored(), 'X')).toEqual([groupIdOf(2)]);
  });

  it('that feed no team are listed, the oldest first, without those kept apart', async () => {
    const organization = await stored();
    expect(await lookup.unlinkedGroups(organization, 10)).toEqual([1, 2, 5].map(groupIdOf));
    expect(await lookup.unlinkedGroups(organization, 2)).toEqual([1, 2].map(groupIdOf));
  });
});

describe('external teams', () => {
  const stored = () =>
    given((f) => [
      f.team(1, 'Analysts'),
      f.team(2, 'analysts'),
      f.team(3, '\u00a0Analysts\n'),
      ...[f.team(4, 'Analysts'), f.archived(4)],
      ...[f.team(5, 'Analysts'), f.deleted(5)],
      ...[f.team(6, 'Analysts'), f.fed(6, groupIdOf(6))],
      ...[f.team(7, 'Analysts'), f.group(ownGroupOf(7), 'Analysts'), f.fed(7, ownGroupOf(7))],
      ...[f.team(8, 'Other'), f.fed(8, groupIdOf(8)), f.renamed(8, 'Analysts')],
      f.released(8, groupIdOf(8)),
    ]);

  it.each(['Analysts', ' Analysts\u2003'])(
    'are found by their name with its letter case, whatever surrounds it: %j',
    async (name) => {
      const teams = await lookup.externalTeamsNamed(await stored(), name);
      expect(teams).toEqual([1, 3, 8].map(teamIdOf));
    },
  );

  it('are found by the longest name', async () => {
    const name = '\u{4e00}'.repeat(5_000);
    const organization = await given((f) => [f.team(1, name), f.team(2, `${name}!`)]);
    expect(await lookup.externalTeamsNamed(organization, name)).toEqual([teamIdOf(1)]);
  });
});

describe('an organization with an unlinked group', () => {
  const unlinked = (f: ReturnType<typeof factsOfTeams>) => [f.group(groupIdOf(1), 'Analysts')];
  type Facts = (f: ReturnType<typeof factsOfTeams>) => readonly (readonly Fact[])[];

  it.each<{ where: string; facts: Facts; listed: boolean }>([
    { where: 'no policy was changed', facts: unlinked, listed: true },
    {
      where: 'groupMapping is strict',
      facts: (f) => [...unlinked(f), f.policy('groupMapping', 'strict')],
      listed: false,
    },
    {
      where: 'groupMapping is ask',
      facts: (f) => [f.policy('groupMapping', 'ask'), ...unlinked(f)],
      listed: false,
    },
    {
      where: 'groupMapping is create again',
      facts: (f) => [
        f.policy('groupMapping', 'strict'),
        ...unlinked(f),
        f.policy('groupMapping', 'create'),
      ],
      listed: true,
    },
    {
      where: 'a value of groupMapping is unknown',
      facts: (f) => [...unlinked(f), f.policy('groupMapping', 'by-magic')],
      listed: true,
    },
    {
      where: 'teamSync is off',
      facts: (f) => [...unlinked(f), f.policy('teamSync', 'off')],
      listed: false,
    },
    { where: 'SCIM is off', facts: (f) => [...unlinked(f), f.disabled], listed: false },
    {
      where: 'the policies changed while SCIM was off',
      facts: (f) => [
        f.policy('teamSync', 'off'),
        ...unlinked(f),
        f.disabled,
        f.policy('teamSync', 'scim'),
        f.enabled,
      ],
      listed: true,
    },
    {
      where: 'link-by-name finds one team',
      facts: (f) => [
        ...unlinked(f),
        f.policy('groupMapping', 'link-by-name'),
        f.team(1, 'Analysts'),
      ],
      listed: true,
    },
    {
      where: 'link-by-name finds several teams',
      facts: (f) => [
        ...unlinked(f),
        f.policy('groupMapping', 'link-by-name'),
        f.team(1, 'Analysts'),
        f.team(2, 'Analysts '),
      ],
      listed: false,
    },
    {
      where: 'the group was unlinked by choice',
      facts: (f) => [...unlinked(f), f.linked(groupIdOf(1), 1), f.unlinked(groupIdOf(1), 1, true)],
      listed: false,
    },
    { where: 'there is but a team', facts: (f) => [f.team(1, 'Analysts')], listed: false },
  ])('is to be backfilled where $where: $listed', async ({ facts, listed }) => {
    const organization = await given(facts);
    const found = await lookup.organizationsToBackfill(1_000);
    expect(found.includes(organization)).toBe(listed);
  });
});

describe('an organization that adopted all at once', () => {
  type Facts = (f: ReturnType<typeof factsOfTeams>) => readonly (readonly Fact[])[];
  const own = ownGroupOf(1);

  it.each<{ where: string; facts: Facts; listed: boolean }>([
    { where: 'a team stood before', facts: (f) => [f.team(1), f.adopted], listed: true },
    { where: 'a team came after', facts: (f) => [f.adopted, f.team(1)], listed: false },
    {
      where: 'a team was released after',
      facts: (f) => [f.team(1), f.fed(1, groupIdOf(1)), f.adopted, f.released(1, groupIdOf(1))],
      listed: false,
    },
    {
      where: 'the team is its group by now',
      facts: (f) => [f.team(1), f.adopted, f.fed(1, own), f.group(own, 'Own'), f.linked(own, 1)],
      listed: false,
    },
    {
      where: 'a group with the id of the team does not feed it',
      facts: (f) => [f.team(1), f.group(own, 'Own'), f.adopted],
      listed: false,
    },
    {
      where: 'the team is archived',
      facts: (f) => [f.team(1), f.adopted, f.archived(1)],
      listed: false,
    },
    {
      where: 'teamSync is off',
      facts: (f) => [f.team(1), f.adopted, f.policy('teamSync', 'off')],
      listed: false,
    },
    { where: 'SCIM is off', facts: (f) => [f.team(1), f.adopted, f.disabled], listed: false },
    { where: 'it adopted nothing', facts: (f) => [f.team(1)], listed: false },
  ])('still has teams to adopt where $where: $listed', async ({ facts, listed }) => {
    const organization = await given(facts);
    const found = await lookup.organizationsToAdopt(1_000);
    expect(found.includes(organization)).toBe(listed);
  });

  it('names them, the oldest first, and no others', async () => {
    const organization = await given((f) => [
      ...[f.team(1), f.team(2), f.team(3), f.archived(2)],
      ...[f.adopted, f.team(4)],
    ]);
    expect(await lookup.teamsToAdopt(organization, 10)).toEqual([1, 3].map(teamIdOf));
    expect(await lookup.teamsToAdopt(organization, 1)).toEqual([teamIdOf(1)]);
  });
});

describe('a link', () => {
  type Facts = (f: ReturnType<typeof factsOfTeams>) => readonly (readonly Fact[])[];
  const [one, own] = [groupIdOf(1), ownGroupOf(1)];
  const both: Facts = (f) => [f.team(1), f.group(one, 'One'), f.fed(1, one), f.linked(one, 1)];

  it.each<{ where: string; facts: Facts; half: boolean; group?: GroupId }>([
    { where: 'stands in both streams', facts: both, half: false },
    {
      where: 'stands in that of the team',
      facts: (f) => [f.team(1), f.group(one, 'One'), f.fed(1, one)],
      half: true,
    },
    { where: 'is older than its group', facts: (f) => [f.teamFor(1, one)], half: true },
    {
      where: 'stands in that of the group',
      facts: (f) => [f.team(1), f.group(one, 'One'), f.linked(one, 1)],
      half: true,
    },
    {
      where: 'was ended by the team',
      facts: (f) => [...both(f), f.released(1, one)],
      half: true,
    },
    {
      where: 'was ended by both',
      facts: (f) => [...both(f), f.released(1, one), f.unlinked(one, 1, true)],
      half: false,
    },
    { where: 'lost its team', facts: (f) => [...both(f), f.deleted(1)], half: true },
    { where: 'lost its group', facts: (f) => [...both(f), f.groupDeleted(one)], half: true },
    {
      where: 'lost both',
      facts: (f) => [...both(f), f.groupDeleted(one), f.deleted(1)],
      half: false,
    },
    { where: 'has an archived team', facts: (f) => [...both(f), f.archived(1)], half: false },
    {
      where: 'leads from a team to itself',
      facts: (f) => [f.team(1), f.fed(1, own)],
      half: true,
      group: own,
    },
    {
      where: 'leads from a team to the group that it became',
      facts: (f) => [f.team(1), f.fed(1, own), f.group(own, 'Own'), f.linked(own, 1)],
      half: false,
    },
  ])('that $where is half: $half', async ({ facts, half, group = one }) => {
    const organization = await given(facts);
    const found = half ? [{ organization, group, team: teamIdOf(1) }] : [];
    expect(await lookup.halfLinksOf(organization)).toEqual(found);
    const all = await lookup.halfLinks('9999', 1_000);
    expect(all.filter((link) => link.organization === organization)).toEqual(found);
  });

  it('that is half is none of those of which something was said since', async () => {
    const organization = await given((f) => [f.team(1), f.fed(1, one)]);
    const all = await lookup.halfLinks('2000-01-01T00:00:00.000Z', 1_000);
    expect(all.filter((link) => link.organization === organization)).toEqual([]);
  });

  it('that is half is left alone while SCIM is off', async () => {
    const organization = await given((f) => [f.team(1), f.fed(1, one), f.disabled]);
    const all = await lookup.halfLinks('9999', 1_000);
    expect(all.filter((link) => link.organization === organization)).toEqual([]);
  });
});

describe('an organization whose Team Sync was migrated', () => {
  type Facts = (f: ReturnType<typeof factsOfTeams>) => readonly (readonly Fact[])[];
  const one = groupIdOf(1);
  const begun: Facts = (f) => [
    ...[f.policy('groupMapping', 'strict'), f.team(1), f.group(one, 'One')],
    f.migrated([one, 1]),
  ];

  it.each<{ where: string; facts: Facts; listed: boolean }>([
    { where: 'a group is not linked', facts: begun, listed: true },
    {
      where: 'all are linked',
      facts: (f) => [...begun(f), f.fed(1, one), f.linked(one, 1)],
      listed: false,
    },
    {
      where: 'the group was kept apart since',
      facts: (f) => [...begun(f), f.linked(one, 1), f.unlinked(one, 1, true)],
      listed: false,
    },
    { where: 'the group is gone', facts: (f) => [...begun(f), f.groupDeleted(one)], listed: false },
    { where: 'the team is gone', facts: (f) => [...begun(f), f.deleted(1)], listed: false },
    { where: 'the team is archived', facts: (f) => [...begun(f), f.archived(1)], listed: false },
    { where: 'it was rolled back', facts: (f) => [...begun(f), f.rolledBack], listed: false },
    { where: 'SCIM is off', facts: (f) => [...begun(f), f.disabled], listed: false },
  ])('has links to complete where $where: $listed', async ({ facts, listed }) => {
    const organization = await given(facts);
    const found = await lookup.organizationsToMigrate(1_000);
    expect(found.includes(organization)).toBe(listed);
  });
});

describe('an organization with rules', () => {
  type Facts = (f: ReturnType<typeof factsOfTeams>) => readonly (readonly Fact[])[];
  const one = groupIdOf(1);
  const licenses = (f: ReturnType<typeof factsOfTeams>, name: string, groupId?: string) =>
    f.policy('licenseRules', [{ license: 'x', group: name, groupId: groupId ?? null }]);

  it.each<{ where: string; facts: Facts; listed: boolean }>([
    {
      where: 'a group of that name is there',
      facts: (f) => [f.group(one, 'Straße'), licenses(f, 'Straße')],
      listed: true,
    },
    {
      where: 'a group came to bear that name',
      facts: (f) => [licenses(f, 'Two'), f.group(one, 'One'), f.groupRenamed(one, 'Two')],
      listed: true,
    },
    {
      where: 'a group of another letter case is there',
      facts: (f) => [f.group(one, 'ONE'), licenses(f, 'One')],
      listed: false,
    },
    {
      where: 'a team of that name is there',
      facts: (f) => [f.team(1, 'One'), licenses(f, 'One')],
      listed: false,
    },
    {
      where: 'the rule is bound to a group that is there',
      facts: (f) => [f.group(one, 'One'), licenses(f, 'One', one)],
      listed: false,
    },
    {
      where: 'the rule is bound to a group that is gone',
      facts: (f) => [f.group(one, 'One'), licenses(f, 'One', one), f.groupDeleted(one)],
      listed: true,
    },
    {
      where: 'a rule of the other kind is bound to a group that is gone',
      facts: (f) => [
        f.policy('roleRules', [{ role: 'editor', group: 'One', groupId: one }]),
        licenses(f, 'Two'),
      ],
      listed: true,
    },
    {
      where: 'the rules were taken away',
      facts: (f) => [licenses(f, 'One', one), f.policy('licenseRules', [])],
      listed: false,
    },
    {
      where: 'SCIM is off',
      facts: (f) => [licenses(f, 'One', one), f.disabled],
      listed: false,
    },
  ])('is to bind them anew where $where: $listed', async ({ facts, listed }) => {
    const organization = await given(facts);
    const found = await lookup.organizationsToBind(1_000);
    expect(found.includes(organization)).toBe(listed);
  });
});

it('counts users, synced or not, and those of an unknown organization as none', async () => {
  const organization = await given((f) => [f.user(1), f.user(2)]);
  expect(await lookup.userCount(organization)).toBe(2);
  expect(await lookup.userCount('nobody' as OrganizationId)).toBe(0);
});
