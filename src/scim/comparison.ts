import { isList, isObject, type JsonObject, type JsonValue } from './json.js';
import { attributeNamed, extensionNamed, type Attribute, type ResourceType } from './schema.js';

const ascii = /^\p{ASCII}*$/u;

/**
 * The text by which names are equal regardless of letter case: NFKC and full case folding (Unicode §3.13).
 * This is the only definition of case-insensitive equality; `foldCase(foldCase(x)) === foldCase(x)`.
 */
export function foldCase(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  return text.normalize('NFKC').split('ı').map(foldPart).join('ı').normalize('NFKC');
}

// By way of upper case, where ß meets SS, and of lower case before, where ẞ meets ß. The dotless ı must not pass
// through here: it would become i.
function foldPart(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

const dateTime =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])(0\d|1[0-4]):([0-5]\d))?$/i;

/**
 * An instant as UTC text whose order as text is the order in time: `2011-05-13T04:42:34.000000000Z`.
 * Text without an offset is taken as UTC; digits beyond nanoseconds are dropped.
 * @returns undefined unless `text` is an xsd:dateTime (RFC 7643 §2.3.5) in the years 0001 to 9999, UTC
 */
export function normalizeDateTime(text: string): string | undefined {
  const match = dateTime.exec(text);
  if (!match) return undefined;
  const part = (i: number): number => Number(match[i] ?? 0);
  const instant = new Date(0);
  instant.setUTCFullYear(part(1), part(2) - 1, part(3));
  if (instant.getUTCMonth() !== part(2) - 1 || instant.getUTCDate() !== part(3)) return undefined;
  const offset = (part(9) * 60 + part(10)) * (match[8] === '-' ? -1 : 1);
  instant.setUTCHours(part(4), part(5) - offset, part(6));
  const year = instant.getUTCFullYear();
  if (year < 1 || year > 9999) return undefined;
  const fraction = (match[7] ?? '').slice(0, 9).padEnd(9, '0');
  return `${instant.toISOString().slice(0, 19)}.${fraction}Z`;
}

/**
 * What filters and sorting compare in place of a single value of `attribute`: folded text unless the
 * attribute is caseExact, a normalised instant for a dateTime, everything else as it is.
 */
export function comparable<T extends JsonValue>(attribute: Attribute, value: T): T | string {
  if (typeof value !== 'string') return value;
  switch (attribute.type) {
    case 'dateTime':
      return normalizeDateTime(value) ?? value;
    case 'reference':
    case 'binary':
      return value;
    default:
      return attribute.caseExact ? value : foldCase(value);
  }
}

/** Orders text by Unicode code points, as PostgreSQL's COLLATE "C" orders UTF-8 (and `<` does not). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

// In UTF-16 surrogates come before U+E000 to U+FFFF, although they stand for greater code points.
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * The resource with each leaf replaced by its `comparable`: what filters are evaluated on.
 * Same shape as `resource`, which may be a whole resource or only some of its attributes, in canonical names;
 * attributes that no client may read are left out.
 */
export function searchDocument(type: ResourceType, resource: JsonObject): JsonObject {
  const document: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(resource)) {
    const attribute = attributeNamed(type.attributes, key);
    if (attribute) {
      if (attribute.returned !== 'never') document[key] = searchValue(attribute, value);
      continue;
    }
    const extension = extensionNamed(type, key);
    if (extension && isObject(value)) document[key] = searchObject(extension.attributes, value);
  }
  return document;
}

/** The comparable form of a whole attribute value, single or a list, simple or complex. */
export function searchValue(attribute: Attribute, value: JsonValue): JsonValue {
  if (isList(value)) return value.map((element) => searchValue(attribute, element));
  if (isObject(value)) return searchObject(attribute.subAttributes ?? [], value);
  return comparable(attribute, value);
}

/** The comparable form of an object of these attributes. */
export function searchObject(attributes: readonly Attribute[], value: JsonObject): JsonObject {
  const document: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    const attribute = attributeNamed(attributes, key);
    if (attribute && attribute.returned !== 'never') document[key] = searchValue(attribute, member);
  }
  return document;
}
