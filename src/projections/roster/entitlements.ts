import { administratorRoles, type Policies } from '../../domain/policies.js';
import { sql, tableOf, textOf, type Statement } from './statement.js';

/*
 * What users are given by the rules about groups, as SQL about `users u`. Pages of users and previews share it, so that
 * a preview says what the pages will show.
 */

type Rules = Policies['roleRules'] | Policies['licenseRules'];

/** What the first rule gives whose group the user is in. A rule that is bound to a group does not follow names. */
const firstMatch = (schema: string, rules: Rules, gift: 'role' | 'license'): Statement =>
  rules.length === 0
    ? sql`NULL::text`
    : sql`(
        SELECT r.rule ->> ${textOf(`'${gift}'`)}
        FROM ${tableOf(schema, 'group_members')} m
        JOIN ${tableOf(schema, 'groups')} g ON g.organization = m.organization AND g.id = m.group_id
        JOIN jsonb_array_elements(${JSON.stringify(rules)}::jsonb) WITH ORDINALITY AS r (rule, place)
          ON g.id = r.rule ->> 'groupId'
          OR (r.rule ->> 'groupId' IS NULL AND g.display_name = r.rule ->> 'group')
        WHERE m.organization = u.organization AND m.user_id = u.id
        ORDER BY r.place LIMIT 1)`;

/** The role that counts, null for the default: no rule takes an administrator's role away. */
export const roleSql = (schema: string, { roleSource, roleRules }: Policies): Statement =>
  sql`CASE WHEN lower(u.role) = ANY(${administratorRoles}) THEN u.role
      ELSE coalesce(${firstMatch(schema, roleSource === 'groups' ? roleRules : [], 'role')}, u.role) END`;

/** The license that counts, null for the default; who left the organization has none. */
export const licenseSql = (schema: string, { licenseRules }: Policies): Statement =>
  sql`CASE WHEN u.status <> 'removed' THEN ${firstMatch(schema, licenseRules, 'license')} END`;
