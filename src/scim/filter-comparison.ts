import { normalizeDateTime } from './comparison.js';
import { invalidFilter, type FilterToken } from './filter-tokens.js';
import { excerpt } from './path.js';
import type { Attribute } from './schema.js';

export const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;

export type ComparisonOperator = (typeof operators)[number];

/**
 * Refuses an operator that does not apply to the type of the attribute. RFC 7644 §3.4.2.2, Table 3.
 * @throws ScimError invalidFilter
 */
export function checkOperator(attribute: Attribute, operator: ComparisonOperator): void {
  const ordering = ['gt', 'ge', 'lt', 'le'].includes(operator);
  const partial = ['co', 'sw', 'ew'].includes(operator);
  const { type } = attribute;
  const refused =
    type === 'boolean'
      ? ordering || partial
      : type === 'binary'
        ? ordering
        : partial && ['integer', 'decimal', 'dateTime'].includes(type);
  if (refused) throw invalidFilter(`"${operator}" does not apply to ${attribute.name}, a ${type}`);
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const boolean = /^(?:true|false)$/i;

/**
 * The literal in the JSON type of the attribute. Lenient where the meaning is plain: a quoted boolean, and a
 * number or boolean without quotes for text.
 * @throws ScimError invalidFilter
 */
export function readLiteral(
  attribute: Attribute,
  token: FilterToken & { readonly kind: 'word' | 'string' },
): string | number | boolean {
  const text = token.kind === 'string' ? token.value : token.text;
  if (token.kind === 'word' && !number.test(text) && !boolean.test(text)) {
    throw invalidFilter(
      `expected a value in double quotes at character ${token.start + 1}, found ${excerpt(text)}`,
    );
  }
  switch (attribute.type) {
    case 'boolean':
      if (boolean.test(text)) return text.toLowerCase() === 'true';
      break;
    case 'integer':
    case 'decimal':
      if (number.test(text) && Number.isFinite(Number(text))) return Number(text);
      break;
    case 'dateTime':
      if (normalizeDateTime(text)) return text;
      break;
    case 'string':
    case 'reference':
    case 'binary':
    case 'complex':
      return text;
  }
  throw invalidFilter(
    `expected a ${attribute.type} for ${attribute.name} at character ${token.start + 1}, found ${excerpt(text)}`,
  );
}
