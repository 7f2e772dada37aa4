import {
  attributeNamed,
  sameUrn,
  subAttributeNamed,
  type Attribute,
  type ResourceType,
  type SchemaDocument,
} from './schema.js';

/**
 * An attribute that a path names. Inside the brackets of a value path the path is relative to one value:
 * `attribute` is then a sub-attribute, and nothing else is set.
 */
export interface ResolvedPath {
  /** The extension that holds the attribute; absent for common and core attributes. */
  readonly extension?: SchemaDocument;
  readonly attribute: Attribute;
  readonly subAttribute?: Attribute;
}

/** Why a path names no attribute, worded to stand after "path: ". */
export interface PathProblem {
  readonly problem: string;
}

const attributeName = /^(?:[A-Za-z][A-Za-z0-9_-]*|\$ref)$/;

/**
 * Resolves an attribute in the notation of RFC 7644 §3.10: `[URN ":"] name ["." sub-attribute]`, in any
 * letter case. A bare name that only an extension knows resolves to the extension's attribute.
 */
export function resolvePath(type: ResourceType, text: string): ResolvedPath | PathProblem {
  const { schema, rest } = splitUrn(type, text);
  const names = rest.split('.');
  if (names.length > 2 || !names.every((name) => attributeName.test(name))) {
    return { problem: `expected an attribute path, found ${excerpt(text)}` };
  }
  const [name = '', subName] = names;
  const found = findAttribute(type, schema, name);
  if (!found) return { problem: `no attribute ${excerpt(text)} in ${schema?.name ?? type.name}` };
  if (subName === undefined) return found;
  const subAttribute = subAttributeNamed(found.attribute, subName);
  return subAttribute
    ? { ...found, subAttribute }
    : { problem: `no sub-attribute ${excerpt(subName)} in ${found.attribute.name}` };
}

export function isProblem(result: object): result is PathProblem {
  return 'problem' in result;
}

/** The attribute whose value the path leads to. */
export function leafOf(path: ResolvedPath): Attribute {
  return path.subAttribute ?? path.attribute;
}

/** The path as a client would write it, in canonical letter case. */
export function pathText(path: ResolvedPath): string {
  const prefix = path.extension ? `${path.extension.id}:` : '';
  const suffix = path.subAttribute ? `.${path.subAttribute.name}` : '';
  return `${prefix}${path.attribute.name}${suffix}`;
}

/** Text of a client as an error message may show it: quoted, and cut after 60 characters. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

// A URN holds dots and colons itself ("…:2.0:User"), so only the known ones tell where it ends.
function splitUrn(
  type: ResourceType,
  text: string,
): { readonly schema?: SchemaDocument; readonly rest: string } {
  for (const schema of [type.schema, ...type.extensions.map((extension) => extension.schema)]) {
    const { length } = schema.id;
    if (text[length] === ':' && sameUrn(text.slice(0, length), schema.id)) {
      return { schema, rest: text.slice(length + 1) };
    }
  }
  return { rest: text };
}

function findAttribute(
  type: ResourceType,
  schema: SchemaDocument | undefined,
  name: string,
): ResolvedPath | undefined {
  if (schema && schema !== type.schema) {
    const attribute = attributeNamed(schema.attributes, name);
    return attribute && { extension: schema, attribute };
  }
  const attribute = attributeNamed(type.attributes, name);
  if (attribute) return { attribute };
  if (schema) return undefined;
  const candidates = type.extensions.flatMap((extension): ResolvedPath[] => {
    const candidate = attributeNamed(extension.schema.attributes, name);
    return candidate ? [{ extension: extension.schema, attribute: candidate }] : [];
  });
  return candidates.length === 1 ? candidates[0] : undefined;
}
