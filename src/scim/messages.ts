import { ScimError } from './errors.js';
import { invalidFilter } from './filter-tokens.js';
import type { JsonObject } from './json.js';
import { resourceTypes, type Attribute, type ResourceType, type SchemaDocument } from './schema.js';

/** The number of resources in a page when the request names none, and the greatest that it may name. */
export const defaultPageSize = 100;
export const maxPageSize = 1_000;

/** The parameters of a query. RFC 7644 §3.4.2. */
export interface ListQuery {
  readonly filter?: string;
  readonly sortBy?: string;
  readonly sortOrder: 'ascending' | 'descending';
  /** From 1. */
  readonly startIndex: number;
  /** From 0 to `maxPageSize`. */
  readonly count: number;
  readonly attributes?: readonly string[];
  readonly excludedAttributes?: readonly string[];
}

/** Parameters as a query string gives them; a name that is repeated has several values. */
export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the parameters of a query, whose names are understood in any letter case; others are ignored.
 * Out of range, `startIndex` and `count` become the nearest value in it (RFC 7644 §3.4.2.4).
 * @throws ScimError invalidValue: no integer, no sort order, or a parameter twice; invalidFilter: an empty filter
 */
export function readListQuery(query: QueryParameters): ListQuery {
  const filter = single(query, 'filter');
  if (filter !== undefined && filter.trim() === '') throw invalidFilter('expected one, found none');
  const sortBy = single(query, 'sortBy')?.trim();
  const attributes = valuesOf(query, 'attributes');
  const excludedAttributes = valuesOf(query, 'excludedAttributes');
  return {
    ...(filter !== undefined && { filter }),
    ...(sortBy && { sortBy }),
    sortOrder: sortOrder(single(query, 'sortOrder')),
    startIndex: integer(query, 'startIndex', 1, 1, Number.MAX_SAFE_INTEGER),
    count: integer(query, 'count', defaultPageSize, 0, maxPageSize),
    ...(attributes.length > 0 && { attributes }),
    ...(excludedAttributes.length > 0 && { excludedAttributes }),
  };
}

/** A page of resources, already projected. RFC 7644 §3.4.2. */
export function listResponse(page: {
  readonly resources: readonly JsonObject[];
  /** Of all resources that match, not only those of the page. */
  readonly totalResults: number;
  readonly startIndex: number;
}): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: page.totalResults,
    startIndex: page.startIndex,
    itemsPerPage: page.resources.length,
    Resources: page.resources,
  };
}

/**
 * The service provider's configuration: what works here, and nothing else. RFC 7643 §5, RFC 9865 §4.
 * @param options.baseUrl absolute, without a slash at the end
 */
export function serviceProviderConfig(options: {
  readonly baseUrl: string;
  readonly documentationUri?: string;
}): JsonObject {
  const { baseUrl, documentationUri } = options;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    ...(documentationUri && { documentationUri }),
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: maxPageSize },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: false,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize,
      maxPageSize,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth Bearer Token',
        description: 'A token in the Authorization header, issued by an administrator.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: {
      resourceType: 'ServiceProviderConfig',
      location: `${baseUrl}/ServiceProviderConfig`,
    },
  };
}

/** RFC 7643 §6. */
export function resourceTypeResource(type: ResourceType, baseUrl: string): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: type.name,
    name: type.name,
    description: type.description,
    endpoint: type.endpoint,
    schema: type.schema.id,
    schemaExtensions: type.extensions.map(({ schema, required }) => ({
      schema: schema.id,
      required,
    })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type.name}` },
  };
}

/**
 * RFC 7643 §7. The schema of a resource type lists the common attributes too, which §3.1 makes part of it:
 * clients that map attributes from here would otherwise not find `externalId`.
 */
export function schemaResource(schema: SchemaDocument, baseUrl: string): JsonObject {
  const type = resourceTypes.find((known) => known.schema === schema);
  const attributes = type?.attributes.filter(({ name }) => name !== 'schemas') ?? schema.attributes;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: attributes.map(attributeObject),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  };
}

function attributeObject(attribute: Attribute): JsonObject {
  const { subAttributes, ...characteristics } = attribute;
  return {
    ...characteristics,
    ...(subAttributes && { subAttributes: subAttributes.map(attributeObject) }),
  };
}

function valuesOf(query: QueryParameters, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return Object.entries(query)
    .filter(([key]) => key.toLowerCase() === wanted)
    .flatMap(([, value]) => value ?? []);
}

function single(query: QueryParameters, name: string): string | undefined {
  const values = valuesOf(query, name);
  if (values.length > 1) throw invalidParameter(name, 'given more than once');
  return values[0];
}

function integer(
  query: QueryParameters,
  name: string,
  absent: number,
  least: number,
  greatest: number,
): number {
  const text = single(query, name);
  if (text === undefined) return absent;
  if (!/^-?\d+$/.test(text)) throw invalidParameter(name, 'expected an integer');
  return Math.min(Math.max(Number(text), least), greatest);
}

function sortOrder(text = 'ascending'): 'ascending' | 'descending' {
  const order = text.toLowerCase();
  if (order === 'ascending' || order === 'descending') return order;
  throw invalidParameter('sortOrder', 'expected "ascending" or "descending"');
}

function invalidParameter(name: string, problem: string): ScimError {
  return new ScimError(400, 'invalidValue', `${name}: ${problem}`);
}
