import { administratorRoles, type Policies } from '../../domain/policies.js';
import { sql, tableOf, textOf, type Statement } from './statement.js';

/*
 * What users are given by the rules about groups, as SQL about `users u`. Pages of users and previews share it, so that
 * a preview says what the pages will show.
 */

type Rules = Policies['roleRules'] | Policies['licenseRules'];

/** Who is given what by which rule: `user_id`, `place` of the rule, `given`. A rule bound to a group follows no name. */
const matchesSql = (
  schema: string,
  organization: string,
  rules: Rules,
  gift: 'role' | 'license',
): Statement => sql`
  SELECT m.user_id, r.place, r.rule ->> ${textOf(`'${gift}'`)} AS given
  FROM jsonb_array_elements(${JSON.stringify(rules)}::jsonb) WITH ORDINALITY AS r (rule, place)
  JOIN ${tableOf(schema, 'groups')} g ON g.organization = ${organization}
    AND (g.id = r.rule ->> 'groupId'
      OR (r.rule ->> 'groupId' IS NULL AND g.display_name = r.rule ->> 'group'))
  JOIN ${tableOf(schema, 'group_members')} m ON m.organization = ${organization} AND m.group_id = g.id`;

/** What the rules of a kind give to users. */
export interface Entitlement {
  readonly gift: 'role' | 'license';
  readonly rulesOf: (policies: Policies) => Rules;
  /** What counts, null for the default. @param match what the first rule gives whose group the user is in */
  readonly given: (match: Statement) => Statement;
}

/** No rule takes an administrator's role away. */
export const role: Entitlement = {
  gift: 'role',
  rulesOf: ({ roleSource, roleRules }) => (roleSource === 'groups' ? roleRules : []),
  given: (match) => sql`CASE WHEN lower(u.role) = ANY(${administratorRoles}) THEN u.role
                        ELSE coalesce(${match}, u.role) END`,
};

/** Who left the organization has none. */
export const license: Entitlement = {
  gift: 'license',
  rulesOf: ({ licenseRules }) => licenseRules,
  given: (match) => sql`CASE WHEN u.status <> 'removed' THEN ${match} END`,
};

/** What counts for a user `u`, null for the default: where users are few. */
export function givenTo(
  schema: string,
  organization: string,
  { gift, rulesOf, given }: Entitlement,
  policies: Policies,
): Statement {
  const rules = rulesOf(policies);
  if (rules.length === 0) return given(sql`NULL::text`);
  return given(sql`(
    SELECT x.given FROM (${matchesSql(schema, organization, rules, gift)}) x
    WHERE x.user_id = u.id ORDER BY x.place LIMIT 1)`);
}

/** `user_id` and `given` of everybody whom a rule gives something: where users are many. */
export const firstMatchesSql = (
  schema: string,
  organization: string,
  { gift, rulesOf }: Entitlement,
  policies: Policies,
): Statement => sql`
  SELECT DISTINCT ON (x.user_id) x.user_id, x.given
  FROM (${matchesSql(schema, organization, rulesOf(policies), gift)}) x
  ORDER BY x.user_id, x.place`;
