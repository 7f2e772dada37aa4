import type { JsonObject, JsonValue } from '../json.js';
import type { Attribute, ResourceType } from '../schema.js';

/*
 * Quirks: one file for each way in which an identity provider deviates from the RFCs. Each is a function from
 * the request that we receive to the request that the provider meant, and returns what it was given, unchanged
 * and identical, where it does not apply.
 */

/** Hears the name of each quirk that changed something; a quirk that applies twice is named twice. */
export type QuirkListener = (name: string) => void;

/** Of the body of a POST or PUT. */
export interface ResourceQuirk {
  readonly name: string;
  apply(type: ResourceType, body: JsonObject): JsonObject;
}

/** Of one operation of a PATCH, which it may split into several. */
export interface OperationQuirk {
  readonly name: string;
  apply(type: ResourceType, operation: JsonObject): JsonObject | readonly JsonObject[];
}

/** Of one value, where it stands for a whole multi-valued attribute (`list`) or a single value. */
export interface ValueQuirk {
  readonly name: string;
  apply(attribute: Attribute, value: JsonValue, expected: 'list' | 'value'): JsonValue;
}
