import { isObject, type JsonObject } from '../json.js';
import { sameUrn, type ResourceType } from '../schema.js';
import type { OperationQuirk } from './quirk.js';
import { memberNamed } from './request-member.js';

/**
 * A dot between the URN of an extension and the attribute, in PATCH. Microsoft Entra ID's older connectors.
 *
 *     received  {"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager",…}
 *     intended  {"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",…}
 */
export const dottedExtension: OperationQuirk = {
  name: 'dotted-extension',
  apply(type, operation) {
    const path = memberNamed(operation, 'path');
    if (typeof path?.value === 'string') {
      const text = withColon(type, path.value);
      return text === path.value ? operation : { ...operation, [path.key]: text };
    }
    const value = memberNamed(operation, 'value');
    if (!value || !isObject(value.value)) return operation;
    const keys = Object.keys(value.value);
    if (keys.every((key) => withColon(type, key) === key)) return operation;
    const renamed: JsonObject = Object.fromEntries(
      Object.entries(value.value).map(([key, member]) => [withColon(type, key), member]),
    );
    return { ...operation, [value.key]: renamed };
  },
};

function withColon(type: ResourceType, text: string): string {
  const dotted = type.extensions.find(
    ({ schema: { id } }) => text[id.length] === '.' && sameUrn(text.slice(0, id.length), id),
  );
  if (!dotted) return text;
  const { id } = dotted.schema;
  return `${id}:${text.slice(id.length + 1)}`;
}
