import type { OrganizationId } from '../../domain/identifiers.js';
import type { Policies } from '../../domain/policies.js';
import { MOST_LISTED } from './capped.js';
import { firstMatchesSql, license, role, type Entitlement } from './entitlements.js';
import { sql, tableOf, textOf, type Statement } from './statement.js';

/** What an organization has decided. */
export interface Settings {
  readonly syncEnabled: boolean;
  readonly policies: Policies;
}

interface Change {
  readonly schema: string;
  readonly organization: OrganizationId;
  readonly before: Settings;
  readonly after: Settings;
}

/** What each list of a preview is read by; every row tells the total besides. */
export function previewSql(
  schema: string,
  organization: OrganizationId,
  before: Settings,
  after: Settings,
): Readonly<Record<'users' | 'groups' | 'teams' | 'locks', Statement>> {
  const change = { schema, organization, before, after };
  return {
    users: usersSql(change),
    groups: groupsSql(change),
    teams: teamsSql(change),
    locks: locksSql(change),
  };
}

const listed = (columns: string, effects: Statement): Statement =>
  sql`SELECT ${textOf(columns)}, e.effect, count(*) OVER ()::int AS total FROM (${effects}) e
      WHERE e.effect IS NOT NULL ORDER BY e.sequence, e.place LIMIT ${MOST_LISTED}`;

/** Whether every user, and every external team where groups feed teams, comes under management at once. */
const adopts = ({ before, after }: Change): boolean =>
  after.syncEnabled &&
  after.policies.adoption === 'all-at-once' &&
  !(before.syncEnabled && before.policies.adoption === 'all-at-once');

function usersSql(change: Change): Statement {
  const { schema, organization } = change;
  const roles = replacement(change, role, 'defaultRole');
  const licenses = replacement(change, license, 'defaultLicense');
  return listed(
    'e.id, e."userName"',
    sql`SELECT u.id, u.resource ->> 'userName' AS "userName", u.sequence, e.place, e.effect
        FROM ${tableOf(schema, 'users')} u ${roles.joins} ${licenses.joins}
        CROSS JOIN LATERAL (VALUES
          (1, CASE WHEN ${adopts(change)}::boolean AND NOT u.synced THEN 'becomes synced' END),
          (2, ${roles.effect}),
          (3, ${licenses.effect})
        ) e (place, effect)
        WHERE u.organization = ${organization} AND NOT u.deleted`,
  );
}

/** What the user is given instead of what: nothing where the policies about it stay, or to who left. */
function replacement(
  { schema, organization, before, after }: Change,
  entitlement: Entitlement,
  otherwise: 'defaultRole' | 'defaultLicense',
): { readonly joins: Statement; readonly effect: Statement } {
  const { gift, rulesOf, given } = entitlement;
  const decides = ({ policies }: Settings): string =>
    JSON.stringify([rulesOf(policies), policies[otherwise]]);
  if (decides(before) === decides(after)) return { joins: sql``, effect: sql`NULL::text` };
  const told = ({ policies }: Settings, when: string) => {
    const matches = textOf(`${gift}_${when}`);
    const fallback = policies[otherwise] ?? 'none';
    return {
      join: sql`LEFT JOIN (${firstMatchesSql(schema, organization, entitlement, policies)}) ${matches}
                ON ${matches}.user_id = u.id`,
      value: sql`coalesce(${given(sql`${matches}.given`)}, ${fallback}::text)`,
    };
  };
  const [was, becomes] = [told(before, 'before'), told(after, 'after')];
  return {
    joins: sql`${was.join} ${becomes.join}`,
    effect: sql`CASE WHEN u.status <> 'removed' AND ${was.value} <> ${becomes.value}
      THEN ${textOf(`'${gift} '`)} || ${becomes.value} || ' instead of ' || ${was.value} END`,
  };
}

const feedsTeams = ({ syncEnabled, policies }: Settings): boolean =>
  syncEnabled && policies.teamSync === 'scim';

/** How stored groups come to their teams; undefined where they do not. */
function mappingOf(settings: Settings): 'create' | 'link-by-name' | undefined {
  const { groupMapping } = settings.policies;
  const maps = groupMapping === 'create' || groupMapping === 'link-by-name';
  return feedsTeams(settings) && maps ? groupMapping : undefined;
}

/**
 * Stored groups that would feed a team: `team_id` is null where that would be a new one. Of several groups that lead
 * to one team the oldest gets it. A group of a team's own id leads to that team whatever their names.
 */
function linksSql(change: Change): Statement {
  const { schema, organization, before, after } = change;
  const mapping = mappingOf(after);
  const maps = mapping !== undefined && mapping !== mappingOf(before);
  const byName = mapping === 'link-by-name';
  return sql`
    WITH stored AS MATERIALIZED (
      SELECT g.id, g.display_name, g.matched_name, g.sequence FROM ${tableOf(schema, 'groups')} g
      WHERE ${maps}::boolean AND g.organization = ${organization} AND g.team_id IS NULL AND NOT g.kept_apart
    ), candidates AS MATERIALIZED (
      SELECT g.id AS group_id, g.sequence, t.id AS team_id, t.id = g.id AS own,
             count(*) FILTER (WHERE t.id <> g.id) OVER (PARTITION BY g.id) AS named
      FROM stored g
      JOIN ${tableOf(schema, 'teams')} t ON t.organization = ${organization}
        AND (t.id = g.id OR (${byName}::boolean AND t.matched_name = g.matched_name))
      WHERE NOT t.archived AND cardinality(t.feeders) = 0
    ), chosen AS (
      SELECT DISTINCT ON (c.team_id) c.team_id, c.group_id
      FROM candidates c
      WHERE c.own OR (c.named = 1 AND NOT EXISTS (
        SELECT FROM candidates o WHERE o.group_id = c.group_id AND o.own))
      ORDER BY c.team_id, c.own DESC, c.sequence
    )
    SELECT g.id, g.display_name, g.sequence, x.team_id
    FROM stored g
    LEFT JOIN chosen x ON x.group_id = g.id
    WHERE x.team_id IS NOT NULL OR NOT EXISTS (
      SELECT FROM candidates c WHERE c.group_id = g.id AND c.named > 1)`;
}

function groupsSql(change: Change): Statement {
  const teams = tableOf(change.schema, 'teams');
  return listed(
    'e.id, e.display_name AS "displayName"',
    sql`SELECT l.id, l.display_name, l.sequence, 1 AS place,
               CASE WHEN l.team_id IS NULL THEN 'gets a team of its name'
                    ELSE 'is linked to the team ' || t.name END AS effect
        FROM (${linksSql(change)}) l
        LEFT JOIN ${teams} t ON t.organization = ${change.organization} AND t.id = l.team_id`,
  );
}

/** Teams that would be synced and are not, each with the group that would feed it; null: one made of the team. */
function syncedSql(change: Change): Statement {
  const { schema, organization, after } = change;
  const adopted = adopts(change) && feedsTeams(after);
  const unique = after.policies.groupNames === 'unique';
  return sql`
    WITH links AS MATERIALIZED (${linksSql(change)})
    SELECT t.id, t.name, t.sequence, l.display_name AS group_name
    FROM ${tableOf(schema, 'teams')} t
    LEFT JOIN links l ON l.team_id = t.id
    WHERE t.organization = ${organization} AND NOT t.archived AND cardinality(t.feeders) = 0
      AND (l.id IS NOT NULL OR (${adopted}::boolean AND NOT EXISTS (
        SELECT FROM ${tableOf(schema, 'groups')} g
        WHERE g.organization = ${organization}
          AND (g.id = t.id OR (${unique}::boolean AND lower(g.display_name) = lower(t.name))))))`;
}

function teamsSql(change: Change): Statement {
  const { schema, organization } = change;
  const bySignIn = sql`EXISTS (
    SELECT FROM ${tableOf(schema, 'sign_in_grants')} s
    JOIN ${tableOf(schema, 'organizations')} o ON o.organization = s.organization AND o.era = s.era
    WHERE s.organization = ${organization} AND s.team_id = t.id)`;
  return listed(
    'e.id, e.name',
    sql`SELECT s.id, s.name, s.sequence, 1 AS place,
               CASE WHEN s.group_name IS NULL THEN 'becomes synced, as a group of its name'
                    ELSE 'becomes synced, fed by the group ' || s.group_name END AS effect
        FROM (${syncedSql(change)}) s
        UNION ALL
        SELECT t.id, t.name, t.sequence, e.place, e.effect
        FROM ${tableOf(schema, 'teams')} t
        CROSS JOIN LATERAL (VALUES
          (2, CASE WHEN cardinality(t.feeders) > 0 THEN ${resting(change, 'scim', 'groups')} END),
          (3, CASE WHEN ${bySignIn} THEN ${resting(change, 'sign-in', 'sign-in')} END)
        ) e (place, effect)
        WHERE t.organization = ${organization} AND NOT t.archived`,
  );
}

/** What becomes of memberships when their source is turned on or off; null where it stays as it is. */
function resting({ before, after }: Change, source: 'scim' | 'sign-in', by: string): Statement {
  const counts = after.policies.teamSync === source;
  if (counts === (before.policies.teamSync === source)) return sql`NULL::text`;
  return sql`${`members by ${by} ${counts ? 'count again' : 'rest'}`}::text`;
}

/** A user's row locks by two policies, a team's by one, its memberships by another; each locks only what is synced. */
function locksSql(change: Change): Statement {
  const { schema, organization } = change;
  const users = lock(change, ({ manualUpdates }) => manualUpdates.users === 'locked');
  const deletion = lock(change, ({ manualDelete }) => manualDelete === 'refuse');
  const adding = lock(change, ({ appCreatedUsers }) => appCreatedUsers === 'refuse');
  const ofTeams = (kind: 'teams' | 'memberships'): Lock =>
    lock(
      change,
      ({ manualUpdates, teamSync }) => teamSync === 'scim' && manualUpdates[kind] === 'locked',
    );
  return listed(
    'e.kind, e.id, e.name',
    sql`WITH becoming AS MATERIALIZED (${syncedSql(change)})
        SELECT 'organization' AS kind, ${organization}::text AS id, ${organization}::text AS name,
               0::bigint AS sequence, 1 AS place,
               ${turned(adding, sql`true`, sql`true`, 'adding users ')} AS effect
        UNION ALL
        SELECT 'user', u.id, u.resource ->> 'userName', u.sequence, e.place, e.effect
        FROM ${tableOf(schema, 'users')} u
        CROSS JOIN LATERAL (VALUES
          (1, ${turned(users, sql`u.synced`, sql`(u.synced OR ${adopts(change)}::boolean)`, '')}),
          (2, ${turned(deletion, sql`u.synced`, sql`(u.synced OR ${adopts(change)}::boolean)`, 'deletion ')})
        ) e (place, effect)
        WHERE u.organization = ${organization} AND NOT u.deleted
        UNION ALL
        SELECT e.kind, t.id, t.name, t.sequence, e.place, e.effect
        FROM ${tableOf(schema, 'teams')} t
        CROSS JOIN LATERAL (
          SELECT cardinality(t.feeders) > 0 AS before,
                 cardinality(t.feeders) > 0 OR EXISTS (SELECT FROM becoming b WHERE b.id = t.id) AS after
        ) synced
        CROSS JOIN LATERAL (VALUES
          ('team', 1, ${turned(ofTeams('teams'), sql`synced.before`, sql`synced.after`, '')}),
          ('membership', 2, ${turned(ofTeams('memberships'), sql`synced.before`, sql`synced.after`, '')})
        ) e (kind, place, effect)
        WHERE t.organization = ${organization}`,
  );
}

/** Whether what is synced is locked. */
interface Lock {
  readonly before: boolean;
  readonly after: boolean;
}

const lock = ({ before, after }: Change, locks: (policies: Policies) => boolean): Lock => ({
  before: before.syncEnabled && locks(before.policies),
  after: after.syncEnabled && locks(after.policies),
});

/** @param what whose lock it is, where the row has several */
const turned = (
  lock: Lock,
  syncedBefore: Statement,
  syncedAfter: Statement,
  what: string,
): Statement =>
  sql`CASE WHEN (${lock.before}::boolean AND ${syncedBefore}) = (${lock.after}::boolean AND ${syncedAfter}) THEN NULL
           WHEN ${lock.after}::boolean AND ${syncedAfter} THEN ${`${what}locked`}::text
           ELSE ${`${what}unlocked`}::text END`;
