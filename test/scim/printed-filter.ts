import type { Filter } from '../../src/scim/filter.js';
import { pathText } from '../../src/scim/path.js';

/** The filter as a client would write it: parsing it gives the same filter again. */
export function printedFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.operands
        .map((operand) => `(${printedFilter(operand)})`)
        .join(` ${filter.kind} `);
    case 'not':
      return `not (${printedFilter(filter.operand)})`;
    case 'present':
      return `${pathText(filter.path)} pr`;
    case 'compare':
      return `${pathText(filter.path)} ${filter.operator} ${JSON.stringify(filter.literal)}`;
    case 'valuePath':
      return `${pathText(filter.path)}[${printedFilter(filter.filter)}]`;
  }
}
