import { isObject, type JsonObject, type JsonValue } from '../json.js';
import { extensionNamed, sameUrn } from '../schema.js';
import type { OperationQuirk } from './quirk.js';
import { memberNamed } from './request-member.js';

/**
 * Paths as member names of the value of an operation without path. Microsoft Entra ID with aadOptscim062020.
 *
 *     received  {"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom"}}
 *     intended  {"op":"replace","value":{"displayName":"Bjfe"}},
 *               {"op":"replace","path":"name.givenName","value":"Kkom"}
 */
export const flatKeys: OperationQuirk = {
  name: 'flat-keys',
  apply(type, operation) {
    const path = memberNamed(operation, 'path');
    const value = memberNamed(operation, 'value');
    if ((path && path.value !== null) || !value || !isObject(value.value)) return operation;
    const isUrn = (key: string): boolean =>
      sameUrn(key, type.schema.id) || extensionNamed(type, key) !== undefined;
    const isPath = (key: string): boolean => /[.:[]/.test(key) && !isUrn(key);
    const members = Object.entries(value.value);
    if (!members.some(([key]) => isPath(key))) return operation;
    const withPath = (key: string, member: JsonValue): JsonObject => ({
      ...operation,
      path: key,
      [value.key]: member,
    });
    const plain = members.filter(([key]) => !isPath(key));
    return [
      ...(plain.length > 0 ? [{ ...operation, [value.key]: Object.fromEntries(plain) }] : []),
      ...members.flatMap(([key, member]) => (isPath(key) ? [withPath(key, member)] : [])),
    ];
  },
};
