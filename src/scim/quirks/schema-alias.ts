import { isList, type JsonObject } from '../json.js';
import type { ResourceType } from '../schema.js';
import type { ResourceQuirk } from './quirk.js';
import { memberNamed } from './request-member.js';

/**
 * Renames a schema in `schemas` and in the name of the member that holds its data.
 * @param canonical the URN that a URN of the client stands for, or undefined if it stands for itself
 */
export function schemaAlias(
  name: string,
  canonical: (type: ResourceType, urn: string) => string | undefined,
): ResourceQuirk {
  return {
    name,
    apply(type, body) {
      const schemas = memberNamed(body, 'schemas');
      const listed = schemas && isList(schemas.value) ? schemas.value : [];
      const aliased = (urn: unknown): string | undefined =>
        typeof urn === 'string' ? canonical(type, urn) : undefined;
      const keys = Object.keys(body).filter((key) => aliased(key) !== undefined);
      if (keys.length === 0 && !listed.some(aliased)) return body;
      const renamed: JsonObject = Object.fromEntries(
        Object.entries(body).map(([key, value]) => [aliased(key) ?? key, value]),
      );
      if (!schemas) return renamed;
      return { ...renamed, [schemas.key]: listed.map((urn) => aliased(urn) ?? urn) };
    },
  };
}
