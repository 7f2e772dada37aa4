import type { ApiKeyId, OrganizationId } from '../../src/domain/identifiers.js';
import { AccessProjection } from '../../src/projections/access/access.projection.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { HistoryProjection } from '../../src/projections/history/history.projection.js';
import { RosterProjection } from '../../src/projections/roster/roster.projection.js';
import { ada, bob, engineering, engineers, oktaToken, tokenIssued } from '../domain/facts.js';
import { openReadSide, type Fact, type ReadSide } from './read-side.js';
import { factsAbout } from './roster-facts.js';
import { given } from './specification.js';
import { story } from './story.js';

let readSide: ReadSide;
beforeAll(async () => {
  readSide = await openReadSide();
});
afterAll(() => readSide.close());

let told = 0;
const tell = () => {
  const organization = `acme-${++told}` as OrganizationId;
  return { organization, ...story(organization) };
};

describe.each([{ times: 1 }, { times: 2 }])(
  'delivered $times times, the directory',
  ({ times }) => {
    const directory = () => new DirectoryProjection(readSide.store);

    it('shows users, groups and members as of the last change', () => {
      const { created, enabled, ...s } = tell();
      const facts = [
        ...[created, enabled, s.adaProvisioned, s.bobProvisioned, s.groupCreated, s.bothJoined],
        ...[s.adaRenamed, s.adaPromoted, s.adaDeactivated, s.adaFenced, s.adaLeft, s.groupRenamed],
      ].flat();
      return given(readSide, directory(), facts)
        .when({ times })
        .then({
          users: [
            {
              id: ada,
              revision: 4,
              version: 3,
              resource: { userName: 'lovelace', active: false, title: 'Countess' },
            },
            { id: bob, revision: 0, version: 0, resource: { userName: 'bob', active: false } },
          ],
          groups: [{ id: engineers, resource: { displayName: 'Builders' } }],
          members: [{ group_id: engineers, user_id: bob }],
          counts: [{ users: '2', groups: '1' }],
        });
    });

    it('of an organization whose SCIM is off shows nothing of later changes', () => {
      const s = tell();
      const facts = [
        ...[s.enabled, s.adaProvisioned, s.groupCreated, s.disabled],
        ...[s.adaRenamed, s.bobProvisioned, s.bothJoined, s.groupDeleted],
      ].flat();
      return given(readSide, directory(), facts)
        .when({ times })
        .then({
          users: [{ id: ada, version: 0, resource: { userName: 'ada' } }],
          groups: [{ id: engineers }],
          members: [],
          counts: [{ users: '1', groups: '1' }],
        });
    });

    it('of an organization whose SCIM is on again has missed nothing', () => {
      const s = tell();
      const facts = [
        ...[s.enabled, s.adaProvisioned, s.groupCreated, s.disabled],
        ...[s.adaRenamed, s.bobProvisioned, s.bothJoined, s.enabled, s.adaDeleted],
      ].flat();
      return given(readSide, directory(), facts)
        .when({ times })
        .then({
          users: [{ id: bob }],
          members: [{ user_id: bob }],
          counts: [{ users: '1', groups: '1' }],
        });
    });

    it('shows no member that left again, though another organization was enabled meanwhile', () => {
      const [s, other] = [tell(), tell()];
      const facts = [
        ...[s.enabled, s.adaProvisioned, s.bobProvisioned, s.groupCreated, s.bothJoined],
        ...[other.enabled, other.disabled, s.adaLeft],
      ].flat();
      return given(readSide, directory(), facts)
        .when({ times })
        .then({ members: [{ user_id: bob }] });
    });

    it('shows no member that was deleted before it joined', () => {
      const s = tell();
      const facts = [
        ...[s.enabled, s.adaProvisioned, s.bobProvisioned, s.groupCreated, s.adaDeleted],
        s.bothJoined,
      ].flat();
      return given(readSide, directory(), facts)
        .when({ times })
        .then({ members: [{ user_id: bob }] });
    });
  },
);

describe.each([{ times: 1 }, { times: 2 }])('delivered $times times, the roster', ({ times }) => {
  it('shows users, groups and teams, whether SCIM is on or off', () => {
    const s = tell();
    const facts = [
      ...[s.enabled, s.adaProvisioned, s.bobProvisioned, s.groupCreated, s.disabled],
      ...[s.bothJoined, s.adaRenamed, s.groupRenamed],
    ].flat();
    return given(readSide, new RosterProjection(), facts)
      .when({ times })
      .then({
        users: [
          { id: ada, status: 'active', synced: true, origin: 'scim', searched: 'lovelace' },
          { id: bob, status: 'disabled' },
        ],
        groups: [{ id: engineers, display_name: 'Builders', team_id: engineering }],
        group_members: [{ user_id: ada }, { user_id: bob }],
        teams: [{ id: engineering, name: 'Builders', archived: false }],
      });
  });

  it('keeps a deleted user as removed and in no group, and a deleted group’s team as archived', () => {
    const s = tell();
    const facts = [
      ...[s.enabled, s.adaProvisioned, s.bobProvisioned, s.groupCreated, s.bothJoined],
      ...[s.adaDeleted, s.groupDeleted],
    ].flat();
    return given(readSide, new RosterProjection(), facts)
      .when({ times })
      .then({
        users: [{ id: ada, status: 'removed', resource: { userName: 'ada' } }, { id: bob }],
        groups: [],
        group_members: [],
        teams: [{ name: 'Engineers', archived: true, feeders: [] }],
      });
  });

  it('keeps who overrode what and when, and forgets it once the identity provider states it', () => {
    const s = tell();
    const { user, team, ...f } = factsAbout(s.organization);
    const [at, actor] = [expect.stringMatching(/Z$/) as string, 'system'];
    const facts = [
      ...[f.created, s.adaProvisioned, s.bobProvisioned, s.groupCreated],
      user(ada, { type: 'UserOverridden', attributes: ['title', 'name'] }),
      user(ada, { type: 'UserOverridesReplaced', attributes: ['title'] }),
      team(engineering, { type: 'TeamNameOverridden' }),
      f.granted(engineering, true, ada, bob),
      team(engineering, { type: 'TeamMembersExcluded', users: [bob] }),
      team(engineering, {
        type: 'TeamOverridesReplaced',
        groupId: engineers,
        dropped: [bob],
        readmitted: [],
        name: false,
      }),
    ].flat();
    return given(readSide, new RosterProjection(), facts)
      .when({ times })
      .then({
        users: [
          { id: ada, overrides: { name: { actor, at } } },
          { id: bob, overrides: {} },
        ],
        teams: [{ name_overridden_at: at, name_overridden_by: actor }],
        manual_grants: [{ user_id: ada, override: true, actor, granted_at: at }],
        exclusions: [{ user_id: bob, actor, excluded_at: at }],
      });
  });
});

describe.each([{ times: 1 }, { times: 2 }])('delivered $times times, access', ({ times }) => {
  it('knows organizations, their policies and their tokens by hash', () => {
    const s = tell();
    const facts = [s.created, s.enabled, s.anyGroupNames, s.tokenIssued].flat();
    return given(readSide, new AccessProjection(), facts)
      .when({ times })
      .then({
        organizations: [
          { display_name: 'Acme', sync_enabled: true, policies: { groupNames: 'any' } },
        ],
        tokens: [{ id: oktaToken, name: 'Okta', hash: tokenIssued.hash, revoked_at: null }],
      });
  });

  it('knows when SCIM was turned off and when a token was revoked', () => {
    const s = tell();
    const facts = [s.created, s.enabled, s.tokenIssued, s.disabled, s.tokenRevoked].flat();
    return given(readSide, new AccessProjection(), facts)
      .when({ times })
      .then({
        organizations: [{ sync_enabled: false, sync_changed_at: expect.stringMatching(/Z$/) }],
        tokens: [{ id: oktaToken, revoked_at: expect.stringMatching(/Z$/) }],
      });
  });

  it('knows API keys, what each opens, and which were revoked', () => {
    const stream = `apikey-${++told}`;
    const [first, second] = ['1', '2'] as ApiKeyId[] as [ApiKeyId, ApiKeyId];
    const owner = { role: 'owner', organization: null } as const;
    const auditor = { role: 'auditor', organization: 'acme' as OrganizationId } as const;
    const facts = [
      { type: 'ApiKeyIssued', keyId: first, name: 'first', hash: 'aa', ...owner },
      { type: 'ApiKeyIssued', keyId: second, name: 'second', hash: 'bb', ...auditor },
      { type: 'ApiKeyRevoked', keyId: second },
    ] as const;
    return given(
      readSide,
      new AccessProjection(),
      facts.map((event) => ({ stream, event })),
    )
      .when({ times })
      .then({
        api_keys: [
          { id: '1', hash: 'aa', ...owner, revoked_at: null },
          { id: '2', hash: 'bb', ...auditor, revoked_at: expect.stringMatching(/Z$/) },
        ],
        organizations: [],
      });
  });
});

describe.each([{ times: 1 }, { times: 2 }])('delivered $times times, the history', ({ times }) => {
  it('tells each event once, by the name that its subject had then', () => {
    const s = tell();
    const facts = [
      ...[s.created, s.enabled, s.adaProvisioned, s.adaRenamed, s.adaPromoted, s.bobProvisioned],
      ...[s.groupCreated, s.bothJoined, s.adaLeft, s.adaDeactivated, s.adaDeleted, s.disabled],
    ].flat();
    return given(readSide, new HistoryProjection(), facts)
      .when({ times })
      .then({
        events: [
          { type: 'OrganizationCreated', sentence: 'Organization Acme was created.' },
          { type: 'SyncEnabled', subject_name: 'Acme', sentence: 'SCIM was enabled.' },
          { subject_name: 'ada', sentence: 'User ada was provisioned.', others: null },
          { subject_name: 'lovelace', sentence: 'A user was renamed to lovelace.' },
          { sentence: 'User lovelace: title changed; nickName removed.' },
          { sentence: 'User bob was provisioned, inactive.' },
          { subject_id: engineers, sentence: 'Group Engineers was created.' },
          { sentence: 'Group Engineers was linked to its team.', others: [engineering] },
          { subject_kind: 'team', sentence: 'Team Engineers was created.' },
          { subject_kind: 'team', type: 'TeamSynced' },
          { sentence: 'Group Engineers: 2 members joined.', others: [ada, bob] },
          { sentence: 'Group Engineers: 1 member left.', others: [ada] },
          { sentence: 'User lovelace was deactivated.' },
          { subject_name: 'lovelace', sentence: 'User lovelace was deleted.' },
          { sentence: 'SCIM was disabled; the directory stays as it is.' },
        ],
      });
  });

  it('tells of claims on names as deeds of those who claim, known by name or not yet', () => {
    const s = tell();
    const facts = [
      ...[s.adaClaimed, s.adaFenced, s.adaProvisioned, s.adaClaimed, s.adaRenamed, s.adaFenced],
      ...[s.groupClaimed, s.groupCreated, s.tokenClaimed, s.tokenIssued, s.tokenFenced],
    ].flat();
    const ofAda = { subject_kind: 'user', subject_id: ada };
    const ofGroup = { subject_kind: 'group', subject_id: engineers };
    const ofToken = { subject_kind: 'token', subject_id: oktaToken };
    return given(readSide, new HistoryProjection(), facts)
      .when({ times })
      .then({
        events: [
          { ...ofAda, subject_name: null, sentence: 'A userName was reserved for a user.' },
          { ...ofAda, sentence: 'A name that was reserved for a user is free again.' },
          { ...ofAda, type: 'UserProvisioned' },
          { ...ofAda, subject_name: 'ada', sentence: 'A userName was reserved for user ada.' },
          { ...ofAda, type: 'UserRenamed' },
          {
            ...ofAda,
            sentence: 'A name that was reserved for user lovelace is free again.',
          },
          { ...ofGroup, sentence: 'A displayName was reserved for a group.' },
          { ...ofGroup, type: 'GroupCreated' },
          { ...ofGroup, type: 'GroupLinked' },
          { type: 'TeamCreated' },
          { type: 'TeamSynced' },
          { ...ofToken, sentence: 'A name was reserved for a token.' },
          { ...ofToken, type: 'TokenIssued' },
          {
            ...ofToken,
            sentence: 'A name that was reserved for token Okta is free again.',
          },
        ],
      });
  });
});

describe('a page of changes to groups and teams', () => {
  /** Sends the page to the roster and answers the statements, and how many of them were on their way at once at most. */
  async function sent(facts: readonly Fact[]) {
    const schema = `sent_${++told}`;
    const roster = new RosterProjection();
    await readSide.createTables(roster, schema);
    const events = await readSide.record(facts);
    const statements: string[] = [];
    let [underWay, atOnce] = [0, 0];
    const client = await readSide.pool.connect();
    const query = client.query.bind(client);
    const counted = Object.assign(Object.create(client) as typeof client, {
      query: async (text: string, values: unknown[]) => {
        statements.push(text);
        atOnce = Math.max(atOnce, ++underWay);
        await query(text, values);
        underWay -= 1;
      },
    });
    await roster.apply(events, { client: counted, schema });
    client.release();
    return { statements, atOnce };
  }

  it('reaches the roster’s tables in one go, not change by change', async () => {
    const s = tell();
    const { statements, atOnce } = await sent([s.groupCreated, s.groupRenamed].flat());
    expect(statements).toHaveLength(6);
    expect(atOnce).toBe(6);
  });

  it('costs nothing for the half of a change that moves nobody', async () => {
    const s = tell();
    const { statements } = await sent([s.bothJoined, s.adaLeft].flat());
    const moves = statements.map((text) => text.match(/INSERT INTO|DELETE FROM/g));
    expect(moves).toEqual([['INSERT INTO'], ['DELETE FROM']]);
  });
});
