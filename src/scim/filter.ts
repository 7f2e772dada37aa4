import { comparable } from './comparison.js';
import {
  checkOperator,
  operators,
  readLiteral,
  type ComparisonOperator,
} from './filter-comparison.js';
import { invalidFilter, tokenizeFilter, type FilterToken } from './filter-tokens.js';
import { excerpt, isProblem, leafOf, pathText, resolvePath, type ResolvedPath } from './path.js';
import { subAttributeNamed, type Attribute, type ResourceType } from './schema.js';

/*
 * The grammar, after RFC 7644 §3.4.2.2, in the order of precedence. Keywords, operators and names are
 * case-insensitive.
 *
 *   filter     = conjunction *( "or" conjunction )
 *   conjunction= term *( "and" term )
 *   term       = "not" "(" filter ")" / "(" filter ")" / expression
 *   expression = attrPath "pr" / attrPath operator literal
 *              / attrPath "[" filter "]" [ "." subAttr ( "pr" / operator literal ) ]
 *   operator   = "eq" / "ne" / "co" / "sw" / "ew" / "gt" / "ge" / "lt" / "le"
 *   literal    = string / number / "true" / "false" / "null"
 *
 * The part after "]" is not in the RFC; Microsoft Entra ID sends it.
 */

/**
 * A filter, in the least number of forms. `and` and `or` have at least two operands.
 *
 * Meaning (`evaluateFilter` is the reference): a comparison holds if any value of the attribute satisfies it,
 * and never for an absent attribute; `ne` is the negation of `eq`, hence true for an absent attribute;
 * `valuePath` holds if one value satisfies the whole inner filter, whose paths are relative to that value.
 * What the parser has resolved away: `eq null` and `ne null` (presence), a complex attribute compared
 * as a whole (its `value`), brackets on a single-valued attribute (plain paths).
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Filter[] }
  | { readonly kind: 'not'; readonly operand: Filter }
  | ComparisonFilter
  | { readonly kind: 'present'; readonly path: ResolvedPath }
  | { readonly kind: 'valuePath'; readonly path: ResolvedPath; readonly filter: Filter };

export interface ComparisonFilter {
  readonly kind: 'compare';
  /** Leads to a simple attribute. */
  readonly path: ResolvedPath;
  readonly operator: ComparisonOperator;
  /** In the form of `comparable`, and of the JSON type of the attribute. */
  readonly value: string | number | boolean;
  /** The value as the client wrote it, of the same JSON type. */
  readonly literal: string | number | boolean;
}

/** No filter may nest its parentheses, brackets and negations deeper. */
export const maxFilterDepth = 50;

/**
 * Parses a filter on resources of `type`.
 * @throws ScimError invalidFilter, naming the place, what was found and what was expected
 */
export function parseFilter(type: ResourceType, text: string): Filter {
  return new FilterParser(tokenizeFilter(text), (name) => resolvePath(type, name)).parse();
}

/**
 * Parses the filter inside the brackets of a path such as `emails[type eq "work"]`.
 * Paths in the result are relative to one value of `attribute`.
 * @throws ScimError invalidFilter
 */
export function parseValueFilter(attribute: Attribute, text: string): Filter {
  return new FilterParser(tokenizeFilter(text), (name) => resolveInValue(attribute, name)).parse();
}

type Resolve = (name: string) => ResolvedPath | { readonly problem: string };

class FilterParser {
  #position = 0;
  #depth = 0;
  readonly #tokens: readonly FilterToken[];
  #resolve: Resolve;
  #insideValue = false;

  constructor(tokens: readonly FilterToken[], resolve: Resolve) {
    this.#tokens = tokens;
    this.#resolve = resolve;
  }

  parse(): Filter {
    const filter = this.#disjunction();
    if (this.#next.kind !== 'end') throw this.#unexpected('"and", "or" or the end');
    return filter;
  }

  #disjunction(): Filter {
    const operands = [this.#conjunction()];
    while (this.#takeKeyword('or')) operands.push(this.#conjunction());
    return combine('or', operands);
  }

  #conjunction(): Filter {
    const operands = [this.#term()];
    while (this.#takeKeyword('and')) operands.push(this.#term());
    return combine('and', operands);
  }

  #term(): Filter {
    if (this.#next.kind === '(') return this.#group();
    if (this.#isKeyword('not') && this.#tokens[this.#position + 1]?.kind === '(') {
      this.#position++;
      return negate(this.#group());
    }
    return this.#expression();
  }

  #group(): Filter {
    return this.#nested(')', () => this.#disjunction());
  }

  #expression(): Filter {
    const token = this.#next;
    if (token.kind !== 'word') throw this.#unexpected('an attribute path');
    const resolved = this.#resolve(token.text);
    if (isProblem(resolved)) {
      throw invalidFilter(`${resolved.problem}, at character ${token.start + 1}`);
    }
    if (leafOf(resolved).returned === 'never') {
      throw invalidFilter(`${pathText(resolved)} cannot be filtered by`);
    }
    this.#position++;
    return this.#next.kind === '[' ? this.#valuePath(resolved) : this.#test(resolved);
  }

  #valuePath(path: ResolvedPath): Filter {
    const leaf = leafOf(path);
    if (this.#insideValue || (leaf.type !== 'complex' && !leaf.multiValued)) {
      throw this.#unexpected('an operator');
    }
    const outer = this.#resolve;
    this.#resolve = leaf.multiValued
      ? (name) => resolveInValue(leaf, name)
      : (name) => resolveBelow(path, name);
    this.#insideValue = true;
    const close = this.#position;
    let filter = this.#nested(']', () => this.#disjunction());
    let negated = false;
    const end = this.#tokens[this.#position - 1]?.end;
    const sub = this.#next;
    if (sub.kind === 'word' && sub.text.startsWith('.') && sub.start === end) {
      ({ filter, negated } = this.#suffix(filter, sub.text.slice(1)));
    }
    this.#insideValue = false;
    this.#resolve = outer;
    const selected = this.#selection(path, filter, close);
    return negated ? negate(selected) : selected;
  }

  /** `[…].value ne "x"` negates the whole, as `ne` is the negation of `eq`. */
  #suffix(filter: Filter, name: string): { filter: Filter; negated: boolean } {
    const resolved = this.#resolve(name);
    if (isProblem(resolved)) throw invalidFilter(resolved.problem);
    this.#position++;
    const test = this.#test(resolved);
    if (test.kind === 'not') {
      return { filter: combine('and', [filter, test.operand]), negated: true };
    }
    if (test.kind === 'compare' && test.operator === 'ne') {
      const equal: Filter = { ...test, operator: 'eq' };
      return { filter: combine('and', [filter, equal]), negated: true };
    }
    return { filter: combine('and', [filter, test]), negated: false };
  }

  #selection(path: ResolvedPath, filter: Filter, position: number): Filter {
    const leaf = leafOf(path);
    if (!leaf.multiValued) return combine('and', [{ kind: 'present', path }, filter]);
    if (leaf.type === 'complex') return { kind: 'valuePath', path, filter };
    // A list of plain values, such as schemas[value eq "…"]: one test of the value is a test of the list.
    if (filter.kind === 'compare' && filter.operator !== 'ne') return { ...filter, path };
    const at = this.#tokens[position]?.start ?? 0;
    throw invalidFilter(
      `expected one comparison other than "ne" in the brackets at character ${at + 1}`,
    );
  }

  #test(path: ResolvedPath): Filter {
    const token = this.#next;
    const word = token.kind === 'word' ? token.text.toLowerCase() : undefined;
    if (word === 'pr') {
      this.#position++;
      return { kind: 'present', path };
    }
    const operator = operators.find((known) => known === word);
    if (!operator) throw this.#unexpected('an operator');
    this.#position++;
    return this.#comparison(path, operator);
  }

  #comparison(path: ResolvedPath, operator: ComparisonOperator): Filter {
    const token = this.#next;
    if (token.kind !== 'string' && token.kind !== 'word') throw this.#unexpected('a value');
    this.#position++;
    if (token.kind === 'word' && token.text === 'null') {
      const present: Filter = { kind: 'present', path };
      if (operator === 'ne') return present;
      if (operator === 'eq') return negate(present);
      throw invalidFilter(`"${operator}" does not compare with null`);
    }
    const target = simplePath(path);
    const leaf = leafOf(target);
    checkOperator(leaf, operator);
    const literal = readLiteral(leaf, token);
    return {
      kind: 'compare',
      path: target,
      operator,
      value: comparable(leaf, literal),
      literal,
    };
  }

  #nested(close: ')' | ']', parse: () => Filter): Filter {
    if (++this.#depth > maxFilterDepth) {
      throw invalidFilter(`nested deeper than ${maxFilterDepth} levels`);
    }
    this.#position++;
    const filter = parse();
    if (this.#next.kind !== close) throw this.#unexpected(`"${close}"`);
    this.#position++;
    this.#depth--;
    return filter;
  }

  get #next(): FilterToken {
    return this.#tokens[this.#position] ?? { kind: 'end', start: 0, end: 0 };
  }

  #isKeyword(keyword: string): boolean {
    const token = this.#next;
    return token.kind === 'word' && token.text.toLowerCase() === keyword;
  }

  #takeKeyword(keyword: string): boolean {
    const found = this.#isKeyword(keyword);
    if (found) this.#position++;
    return found;
  }

  #unexpected(expected: string): Error {
    const token = this.#next;
    const found =
      token.kind === 'end' ? 'the end' : excerpt('text' in token ? token.text : token.kind);
    return invalidFilter(`expected ${expected} at character ${token.start + 1}, found ${found}`);
  }
}

function combine(kind: 'and' | 'or', operands: readonly Filter[]): Filter {
  const [first, ...others] = operands;
  return first && others.length === 0 ? first : { kind, operands };
}

function negate(operand: Filter): Filter {
  return { kind: 'not', operand };
}

function resolveInValue(attribute: Attribute, name: string): ReturnType<Resolve> {
  if (attribute.type !== 'complex' && name.toLowerCase() === 'value') return { attribute };
  const subAttribute = subAttributeNamed(attribute, name);
  return subAttribute
    ? { attribute: subAttribute }
    : { problem: `no sub-attribute ${excerpt(name)} in ${attribute.name}` };
}

function resolveBelow(path: ResolvedPath, name: string): ReturnType<Resolve> {
  const subAttribute = subAttributeNamed(path.attribute, name);
  return subAttribute
    ? { ...path, subAttribute }
    : { problem: `no sub-attribute ${excerpt(name)} in ${path.attribute.name}` };
}

/** A complex attribute stands for its `value`. RFC 7644 §3.4.2.2. */
function simplePath(path: ResolvedPath): ResolvedPath {
  if (leafOf(path).type !== 'complex') return path;
  const subAttribute = subAttributeNamed(path.attribute, 'value');
  if (subAttribute) return { ...path, subAttribute };
  throw invalidFilter(`${pathText(path)} is complex: expected one of its sub-attributes`);
}
