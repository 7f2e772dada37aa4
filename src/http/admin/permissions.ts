import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { ApiKeyRole } from '../../domain/events.js';
import type { KeyAccess } from '../../projections/access/access.queries.js';

/** What one request needs. `change` and the like include no `read`. */
export type Permission = OrganizationPermission | 'organizations:create' | 'all-requests:read';

type OrganizationPermission = ReadingPermission | ChangingPermission;
type ReadingPermission = (typeof READING)[number];
type ChangingPermission = (typeof CHANGING)[number];

const READING = [
  'organizations:read',
  'policies:read',
  'scim:read',
  'tokens:read',
  'providers:read',
  'users:read',
  'teams:read',
  'group-links:read',
  'team-sync:read',
  'overrides:read',
  'history:read',
  'requests:read',
  'keys:read',
] as const;

const CHANGING = [
  'policies:change',
  'scim:configure',
  'tokens:manage',
  'users:change',
  'teams:change',
  'group-links:change',
  'team-sync:change',
  'sign-ins:decide',
  'keys:manage',
] as const;

/** What each role permits, within the organization of the key where it has one. A role that is not here permits nothing. */
const PERMISSIONS: ReadonlyMap<ApiKeyRole, ReadonlySet<Permission>> = new Map([
  [
    'owner',
    new Set<Permission>([...READING, ...CHANGING, 'organizations:create', 'all-requests:read']),
  ],
  ['administrator', new Set<Permission>([...READING, ...CHANGING])],
  ['auditor', new Set<Permission>(READING)],
  ['operator', new Set<Permission>(['organizations:read', 'all-requests:read'])],
  ['application', new Set<Permission>(['sign-ins:decide', 'users:read', 'teams:read'])],
]);

export const permits = (role: ApiKeyRole, permission: Permission): boolean =>
  PERMISSIONS.get(role)?.has(permission) ?? false;

type KeyScope = Omit<KeyAccess, 'id'>;

/** Whether a key can do all that the other can: only then it may issue or revoke it. */
export function covers(holder: KeyScope, other: KeyScope): boolean {
  if (holder.organization !== null && holder.organization !== other.organization) return false;
  return [...(PERMISSIONS.get(other.role) ?? [])].every((each) => permits(holder.role, each));
}

/** What an endpoint asks of the key that calls it. */
export interface Need {
  readonly permission: Permission;
  /**
   * The handler itself keeps a key of one organization to what is of that organization. Without this, such a key calls
   * only endpoints whose path names its organization.
   */
  readonly confines: boolean;
}

const NEED = Symbol('Need');

/** Names the permission that an endpoint needs; the service does not start while one below /api names none. */
export const Needs = (
  permission: Permission,
  { confines = false }: { readonly confines?: boolean } = {},
): MethodDecorator =>
  applyDecorators(
    SetMetadata(NEED, { permission, confines } satisfies Need),
    ApiExtension('x-permission', permission),
  );

export const needOf = (handler: object): Need | undefined =>
  Reflect.getMetadata(NEED, handler) as Need | undefined;
