/**
 * commands/ THE WRITE SIDE: command → load → decide → append. Imports domain, scim and event-store; never projections,
 * http or TypeORM.
 */
import { createHmac } from 'node:crypto';
import type { NameKind } from '../domain/events.js';
import type {
  ApiKeyId,
  GroupId,
  OrganizationId,
  TeamId,
  TokenId,
  UserId,
} from '../domain/identifiers.js';
import type { ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { foldCase } from '../scim/comparison.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/*
 * Ids come from requests. One that is not a UUID could, behind an organization's name, spell the stream of another
 * organization (`user-acme-` + `eu-…` is also `user-acme-eu-` + `…`), so it never becomes part of a stream name.
 */

/** @throws Rejection user-unknown */
export function userStream(organization: OrganizationId, id: string): string {
  if (!UUID.test(id)) throw new Rejection('user-unknown');
  return `user-${organization}-${id as UserId}`;
}

/** @throws Rejection group-unknown */
export function groupStream(organization: OrganizationId, id: string): string {
  if (!UUID.test(id)) throw new Rejection('group-unknown');
  return `group-${organization}-${id as GroupId}`;
}

/** @throws Rejection token-unknown */
export function tokenStream(organization: OrganizationId, id: string): string {
  if (!UUID.test(id)) throw new Rejection('token-unknown');
  return `token-${organization}-${id as TokenId}`;
}

/** @throws Rejection team-unknown */
export function teamStream(organization: OrganizationId, id: string): string {
  if (!UUID.test(id)) throw new Rejection('team-unknown');
  return `team-${organization}-${id as TeamId}`;
}

export const organizationStream = (organization: OrganizationId): string =>
  `organization-${organization}`;

export const apiKeyStream = (id: ApiKeyId): string => `apikey-${id}`;

/** The stream of a unique name: names equal after NFKC and case folding share it; the name cannot be read from it. */
export function claimStream(owner: ExistingOrganization, kind: NameKind, name: string): string {
  const key = Buffer.from(owner.nameKey, 'base64url');
  const digest = createHmac('sha256', key)
    .update(`${kind}\n${foldCase(name)}`)
    .digest('base64url');
  return `claim-${owner.organization}-${digest}`;
}
