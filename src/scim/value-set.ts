import { comparable, searchObject, searchValue } from './comparison.js';
import { ScimError } from './errors.js';
import { evaluateFilter } from './filter-evaluate.js';
import type { Filter } from './filter.js';
import { canonicalText, isObject, type JsonObject, type JsonValue } from './json.js';
import { inSchemaOrder, subAttributeNamed, type Attribute } from './schema.js';

/** The most comparisons that selecting values may take, all operations of a PATCH together. */
export const maxTests = 2_000_000;

/**
 * The values of a multi-valued attribute while they change: ordered, and each value once.
 * Two values are the same if they agree in `type` and `value` (RFC 7643 §2.4), or, where there is no
 * `value`, in everything but `primary`.
 * Adding and removing take constant time; so does selecting by `value` where that alone tells values apart.
 * Selecting throws ScimError tooMany beyond `maxTests`.
 */
export class ValueSet {
  readonly #attribute: Attribute;
  readonly #identity: (value: JsonValue) => string;
  readonly #byValueAlone: boolean;
  // A thousand operations may each look at every value.
  readonly #documents = new WeakMap<JsonObject, JsonObject>();
  #values = new Map<string, JsonValue>();
  #tests = 0;

  constructor(attribute: Attribute, values: readonly JsonValue[]) {
    this.#attribute = attribute;
    this.#identity = identityOf(attribute);
    this.#byValueAlone = !hasWritableType(attribute);
    for (const value of values) this.add(value);
  }

  get size(): number {
    return this.#values.size;
  }

  /** Adds the value, or merges it into the one that is the same. Returns its key. */
  add(value: JsonValue): string {
    const key = this.#identity(value);
    const same = this.#values.get(key);
    const merge = isObject(same) && isObject(value);
    this.#values.set(key, merge ? this.#ordered({ ...same, ...value }) : value);
    return key;
  }

  get(key: string): JsonValue | undefined {
    return this.#values.get(key);
  }

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** Keys of the values that match; the paths of the filter are relative to a value. */
  select(filter: Filter): readonly string[] {
    const found = this.#lookUp(filter);
    if (found) return found;
    this.#tests += this.size * testsIn(filter);
    if (this.#tests > maxTests) {
      throw new ScimError(400, 'tooMany', `${this.#attribute.name}: too many values to search`);
    }
    const keys: string[] = [];
    for (const [key, value] of this.#values) {
      if (evaluateFilter(filter, this.#documentOf(value))) keys.push(key);
    }
    return keys;
  }

  /** Keys of the values that match, if they can be told without a search. */
  #lookUp(filter: Filter): readonly string[] | undefined {
    if (!this.#byValueAlone) return undefined;
    if (filter.kind === 'or') {
      const found = filter.operands.map((operand) => this.#lookUp(operand));
      return found.every((keys) => keys !== undefined) ? [...new Set(found.flat())] : undefined;
    }
    if (filter.kind !== 'compare' || filter.operator !== 'eq') return undefined;
    if (filter.path.attribute.name !== 'value') return undefined;
    const key = this.#identity({ value: filter.literal });
    return this.#values.has(key) ? [key] : [];
  }

  clear(): void {
    this.#values.clear();
  }

  remove(key: string): void {
    this.#values.delete(key);
  }

  /**
   * Changes the named values; one that becomes empty is removed, those that become the same are merged.
   * Returns the keys of the changed values.
   */
  change(keys: readonly string[], change: (value: JsonObject) => JsonObject): readonly string[] {
    const renamed = new Map<string, JsonObject>();
    const changed: string[] = [];
    for (const key of keys) {
      const value = this.#values.get(key);
      if (!isObject(value)) continue;
      const after = this.#ordered(change(value));
      if (Object.keys(after).length === 0) this.#values.delete(key);
      else if (this.#identity(after) !== key) renamed.set(key, after);
      else {
        this.#values.set(key, after);
        changed.push(key);
      }
    }
    return renamed.size > 0 ? [...changed, ...this.#rename(renamed)] : changed;
  }

  // A map keeps the place of a key, so that values whose key changes are moved by building it anew.
  #rename(renamed: ReadonlyMap<string, JsonObject>): readonly string[] {
    const before = this.#values;
    this.#values = new Map();
    const keys: string[] = [];
    for (const [key, value] of before) {
      const after = renamed.get(key);
      const added = this.add(after ?? value);
      if (after) keys.push(added);
    }
    return keys;
  }

  /** Leaves `primary` true on no value but that of `key`. RFC 7644 §3.5.2. */
  handPrimaryTo(key: string): void {
    for (const [other, value] of this.#values) {
      if (other !== key && isObject(value) && value['primary'] === true) {
        this.#values.set(other, { ...value, primary: false });
      }
    }
  }

  values(): readonly JsonValue[] {
    return [...this.#values.values()];
  }

  /** What the relative paths of a filter lead into: a plain value stands under the name of its attribute. */
  #documentOf(value: JsonValue): JsonObject {
    if (!isObject(value)) return { [this.#attribute.name]: searchValue(this.#attribute, value) };
    let document = this.#documents.get(value);
    if (!document) {
      document = searchObject(this.#attribute.subAttributes ?? [], value);
      this.#documents.set(value, document);
    }
    return document;
  }

  #ordered(value: JsonObject): JsonObject {
    return inSchemaOrder(this.#attribute.subAttributes ?? [], value);
  }
}

/** The values with those that are the same merged into the first of them. */
export function distinctValues(
  attribute: Attribute,
  values: readonly JsonValue[],
): readonly JsonValue[] {
  return values.length < 2 ? values : new ValueSet(attribute, values).values();
}

function testsIn(filter: Filter): number {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.operands.reduce((sum, operand) => sum + testsIn(operand), 0);
    case 'not':
      return testsIn(filter.operand);
    case 'compare':
    case 'present':
    case 'valuePath':
      return 1;
  }
}

function hasWritableType(attribute: Attribute): boolean {
  const type = subAttributeNamed(attribute, 'type');
  return type !== undefined && type.mutability !== 'readOnly';
}

function identityOf(attribute: Attribute): (value: JsonValue) => string {
  const valueAttribute = subAttributeNamed(attribute, 'value');
  const typeAttribute = hasWritableType(attribute)
    ? subAttributeNamed(attribute, 'type')
    : undefined;
  return (value) => {
    if (!isObject(value)) return `plain\0${canonicalText(searchValue(attribute, value))}`;
    const own = value['value'];
    if (valueAttribute === undefined || own === undefined) {
      const { primary: _, ...rest } = value;
      return `whole\0${canonicalText(rest)}`;
    }
    const type = value['type'];
    const typeText = typeAttribute && type !== undefined ? comparable(typeAttribute, type) : '';
    return `value\0${canonicalText(typeText)}\0${canonicalText(comparable(valueAttribute, own))}`;
  };
}
