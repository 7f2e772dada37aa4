/**
 * domain/ THE DECISIONS: pure types and functions; no clock, no ids, no I/O, no framework. Imports itself only.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The slug of an organization: lower-case letters, digits and inner hyphens, 1 to 63 characters; it never changes. */
export type OrganizationId = Branded<'OrganizationId'>;
export type UserId = Branded<'UserId'>;
export type GroupId = Branded<'GroupId'>;
export type TeamId = Branded<'TeamId'>;
export type TokenId = Branded<'TokenId'>;
export type ApiKeyId = Branded<'ApiKeyId'>;
/** One assignment of a unique name to one owner; a name taken again gets a new claim. */
export type ClaimId = Branded<'ClaimId'>;

/** A point in time: ISO 8601, UTC, milliseconds (`2026-11-22T12:00:00.000Z`). */
export type Instant = string;

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };
