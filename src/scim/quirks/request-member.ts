import type { JsonObject, JsonValue } from '../json.js';

/** The member of a message whose name is `name` in any letter case (RFC 7643 §2.1), with its name as sent. */
export function memberNamed(
  message: JsonObject,
  name: string,
): { readonly key: string; readonly value: JsonValue } | undefined {
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(message)) {
    if (key.toLowerCase() === wanted) return { key, value };
  }
  return undefined;
}
