/**
 * commands/ THE WRITE SIDE: command → load → decide → append. Imports domain, scim and event-store; never projections,
 * http or TypeORM.
 */
import { createHmac } from 'node:crypto';
import { stringify } from 'uuid';
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
const UUID_LENGTH = 36;

export const isId = (text: string): boolean => UUID.test(text);

/*
 * Ids come from requests. One that is not a UUID could, behind an organization's name, spell the stream of another
 * organization (`user-acme-` + `eu-…` is also `user-acme-eu-` + `…`), so it never becomes part of a stream name.
 */

/** @throws Rejection user-unknown */
export function userStream(organization: OrganizationId, id: string): string {
  if (!UUID.test(id)) throw new Rejection('user-unknown');
  return `user-${organization}-${id as UserId}`;
}

/** The user whose stream this is: every such name ends in the id. */
export const userIdOf = (stream: string): UserId => stream.slice(-UUID_LENGTH) as UserId;

/** The team whose stream this is. */
export const teamIdOf = (stream: string): TeamId => stream.slice(-UUID_LENGTH) as TeamId;

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

/** Which active users own the organization. */
export const ownersStream = (organization: OrganizationId): string => `owners-${organization}`;

/** Who takes a seat, while seats are limited. */
export const seatsStream = (organization: OrganizationId): string => `seats-${organization}`;

/** What the identity provider removed, while removals are limited. */
export const safeguardStream = (organization: OrganizationId): string =>
  `safeguard-${organization}`;

export const apiKeyStream = (id: ApiKeyId): string => `apikey-${id}`;

/** The id of the user whose registration bears this idempotency key; the key cannot be read from it. */
export function repeatableUserId(organization: ExistingOrganization, key: string): UserId {
  const secret = Buffer.from(organization.nameKey, 'base64url');
  const digest = createHmac('sha256', secret).update(`registration\n${key}`).digest();
  const bytes = digest.subarray(0, 16);
  // Version 8, variant 10: made by a rule of its maker. RFC 9562 §5.8
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return stringify(bytes) as UserId;
}

/** The stream of a unique name: names equal after NFKC and case folding share it; the name cannot be read from it. */
export function claimStream(owner: ExistingOrganization, kind: NameKind, name: string): string {
  const key = Buffer.from(owner.nameKey, 'base64url');
  const digest = createHmac('sha256', key)
    .update(`${kind}\n${foldCase(name)}`)
    .digest('base64url');
  return `claim-${owner.organization}-${digest}`;
}
