import { readFileSync } from 'node:fs';
import type { JsonObject, JsonValue } from './json.js';

export type AttributeType =
  'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';

/** The characteristics of an attribute. RFC 7643 §7. */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly canonicalValues?: readonly string[];
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness: 'none' | 'server' | 'global';
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

/** A schema as `/Schemas` serves it and as requests are checked against. `id` is its URN. RFC 7643 §7. */
export interface SchemaDocument {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** A type of resource that clients create and change. RFC 7643 §6. */
export interface ResourceType {
  readonly name: 'User' | 'Group';
  readonly description: string;
  /** Relative to the base URL, with a leading slash. */
  readonly endpoint: string;
  readonly schema: SchemaDocument;
  readonly extensions: readonly { readonly schema: SchemaDocument; readonly required: boolean }[];
  /** Every attribute that stands at the top level of the resource: the common ones and those of `schema`. */
  readonly attributes: readonly Attribute[];
  /** Values that an attribute takes when a client leaves it unassigned (RFC 7643 §2.5 leaves that to us). */
  readonly defaults: Readonly<Record<string, JsonValue>>;
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./schemas/${name}.json`, import.meta.url), 'utf8'));
}

/** `schemas`, `id`, `externalId` and `meta`, which every resource has. RFC 7643 §3.1. */
export const commonAttributes = load<readonly Attribute[]>('CommonAttributes');

const userSchema = load<SchemaDocument>('User');
const groupSchema = load<SchemaDocument>('Group');
const enterpriseUserSchema = load<SchemaDocument>('EnterpriseUser');

/*
 * The documents are those of RFC 7643 §8.7.1 with these differences. References and binary values are caseExact, as
 * §2.3.6 and §2.3.7 have it. So is the id in `groups` and `members`, being the `id` of §3.1 that this server issued;
 * the id in `manager` is not, being text that is kept as the client sent it. What else differs stands at each type.
 */

/**
 * Differs from RFC 7643 §8.7.1: an address has `primary`, as §2.4 gives it to every multi-valued attribute and as the
 * RFC's own full user (§8.2) sends it; groups are in no groups, so that the `$ref` in `groups` is always of a group.
 */
export const userType: ResourceType = {
  name: 'User',
  description: 'User Account',
  endpoint: '/Users',
  schema: userSchema,
  extensions: [{ schema: enterpriseUserSchema, required: false }],
  attributes: [...commonAttributes, ...userSchema.attributes],
  defaults: { active: true },
};

/**
 * Differs from RFC 7643 §8.7.1: `displayName` is required (§4.2 says so) and unique, because two groups of one name are
 * refused unless the policy `groupNames` allows them; members are users only, and `$ref` and `type` of a member are
 * read-only because the server knows them.
 */
export const groupType: ResourceType = {
  name: 'Group',
  description: 'Group',
  endpoint: '/Groups',
  schema: groupSchema,
  extensions: [],
  attributes: [...commonAttributes, ...groupSchema.attributes],
  defaults: {},
};

export const resourceTypes: readonly ResourceType[] = [userType, groupType];

/** Every schema that `/Schemas` lists, in its order. */
export const schemaDocuments: readonly SchemaDocument[] = [
  userSchema,
  groupSchema,
  enterpriseUserSchema,
  load<SchemaDocument>('ServiceProviderConfig'),
  load<SchemaDocument>('ResourceType'),
  load<SchemaDocument>('Schema'),
];

const byName = new WeakMap<readonly Attribute[], ReadonlyMap<string, Attribute>>();

/** The attribute of that name, in any letter case. RFC 7643 §2.1. */
export function attributeNamed(
  attributes: readonly Attribute[],
  name: string,
): Attribute | undefined {
  let index = byName.get(attributes);
  if (!index) {
    index = new Map(attributes.map((attribute) => [attribute.name.toLowerCase(), attribute]));
    byName.set(attributes, index);
  }
  return index.get(name.toLowerCase());
}

export function subAttributeNamed(attribute: Attribute, name: string): Attribute | undefined {
  return attribute.subAttributes && attributeNamed(attribute.subAttributes, name);
}

/** The schema with that URN, in any letter case. */
export function schemaNamed(urn: string): SchemaDocument | undefined {
  return schemaDocuments.find((schema) => sameUrn(schema.id, urn));
}

/** The extension of `type` with that URN, in any letter case. */
export function extensionNamed(type: ResourceType, urn: string): SchemaDocument | undefined {
  return type.extensions.find(({ schema }) => sameUrn(schema.id, urn))?.schema;
}

/** The resource type of that name, in exactly that letter case, as names of resource types are case-exact. */
export function resourceTypeNamed(name: string): ResourceType | undefined {
  return resourceTypes.find((type) => type.name === name);
}

/** The members of an object in the order in which the schema lists its attributes. */
export function inSchemaOrder(attributes: readonly Attribute[], object: JsonObject): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const { name } of attributes) {
    const value = object[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

export function sameUrn(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** Whether values of the attribute point to resources: they carry an id in `value` and a URL in `$ref`. */
export function isReferenceTo(attribute: Attribute): boolean {
  return (
    subAttributeNamed(attribute, '$ref') !== undefined &&
    subAttributeNamed(attribute, 'value') !== undefined
  );
}
