import type { RosterUser } from '../../projections/roster/roster.queries.js';
import { isList, isObject } from '../../scim/json.js';
import type { ChangedUserDocument } from './users.contract.js';
import { warningsOf } from './warning.js';

/** @param overridden what a change of it, made by hand, overrides */
export function presentUser(
  user: RosterUser,
  overridden: readonly string[] = [],
): ChangedUserDocument {
  const { id, resource, status, synced, origin, teams, createdAt, modifiedAt } = user;
  const { userName, externalId, displayName, name, emails } = resource;
  const { role, license, defaults, overrides, predecessorId } = user;
  return {
    id,
    userName: typeof userName === 'string' ? userName : '',
    ...(typeof externalId === 'string' && { externalId }),
    ...(typeof displayName === 'string' && { displayName }),
    ...(name !== undefined && isObject(name) && { name }),
    emails: isList(emails) ? emails : [],
    status,
    synced,
    origin,
    role,
    ...(license !== null && { license }),
    defaults,
    ...(overrides.length > 0 && { overrides }),
    teams,
    ...(predecessorId !== null && { predecessorId }),
    createdAt,
    modifiedAt,
    ...warningsOf(overridden),
  };
}
