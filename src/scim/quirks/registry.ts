import type { JsonObject } from '../json.js';
import { isList } from '../json.js';
import type { ResourceType } from '../schema.js';
import { bareReference } from './bare-reference.js';
import { capitalizedOperation } from './capitalized-operation.js';
import { collapsedUrn } from './collapsed-urn.js';
import { dottedExtension } from './dotted-extension.js';
import { emptyString } from './empty-string.js';
import { flatKeys } from './flat-keys.js';
import { legacyCore } from './legacy-core.js';
import { microsoftSchemaMarker } from './microsoft-schema-marker.js';
import type { OperationQuirk, QuirkListener, ResourceQuirk, ValueQuirk } from './quirk.js';
import { stringBoolean } from './string-boolean.js';
import { templateUrn } from './template-urn.js';
import { unwrappedList } from './unwrapped-list.js';
import { valuedRemoval } from './valued-removal.js';
import { wrappedValue } from './wrapped-value.js';

/** Each list is in the order of application. */
const resourceQuirks: readonly ResourceQuirk[] = [
  microsoftSchemaMarker,
  collapsedUrn,
  templateUrn,
  legacyCore,
];

const operationQuirks: readonly OperationQuirk[] = [
  capitalizedOperation,
  dottedExtension,
  flatKeys,
];

export const resourceValueQuirks: readonly ValueQuirk[] = [
  emptyString,
  stringBoolean,
  bareReference,
];

export const patchValueQuirks: readonly ValueQuirk[] = [
  unwrappedList,
  wrappedValue,
  ...resourceValueQuirks,
];

/** The names under which quirks are reported. */
export const quirkNames: readonly string[] = [
  ...[...resourceQuirks, ...operationQuirks, ...patchValueQuirks].map((quirk) => quirk.name),
  valuedRemoval,
];

export function conformingResource(
  type: ResourceType,
  body: JsonObject,
  onQuirk?: QuirkListener,
): JsonObject {
  return resourceQuirks.reduce((before, quirk) => {
    const after = quirk.apply(type, before);
    if (after !== before) onQuirk?.(quirk.name);
    return after;
  }, body);
}

export function conformingOperations(
  type: ResourceType,
  operation: JsonObject,
  onQuirk?: QuirkListener,
): readonly JsonObject[] {
  let operations: readonly JsonObject[] = [operation];
  for (const quirk of operationQuirks) {
    operations = operations.flatMap((before) => {
      const after = quirk.apply(type, before);
      if (after !== before) onQuirk?.(quirk.name);
      return isOperations(after) ? after : [after];
    });
  }
  return operations;
}

function isOperations(value: JsonObject | readonly JsonObject[]): value is readonly JsonObject[] {
  return isList(value);
}
