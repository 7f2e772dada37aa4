import { comparable } from '../../scim/comparison.js';
import type { ComparisonFilter, Filter } from '../../scim/filter.js';
import type { ResolvedPath } from '../../scim/path.js';
import { subAttributeNamed, type Attribute } from '../../scim/schema.js';
import { indexedAttributes, indexedEmails, indexedPart } from './directory.tables.js';

export type DirectoryTable = 'users' | 'groups';

/** SQL text that reads `t`, a row of `table`, and the parameters that it names, in order. */
export interface SqlCondition {
  readonly clause: string;
  readonly parameters: readonly unknown[];
}

/** A value to compare: SQL text of type text, of one element of a list or of the resource itself. */
interface Element {
  text(sub: Attribute | undefined): string;
  /** Whether any part of the element holds a value. */
  present(): string;
}

/**
 * Compiles a filter to a condition on search documents, equal to `evaluateFilter` on the same documents.
 * NULL stands for false; negation is IS NOT TRUE, so that an absent value is simply not equal. Lists become EXISTS,
 * so that a resource with several matches counts once. Operands are always parameters.
 * @param parameters what stands in the statement before; the condition's own are appended
 * @param baseUrl what the URLs of resources begin with: they are compared, but not stored
 */
export function compileFilter(
  filter: Filter,
  table: DirectoryTable,
  schema: string,
  parameters: readonly unknown[],
  baseUrl = '',
): SqlCondition {
  const all = [...parameters];
  const parameter = (value: string): string => `$${all.push(value)}::text`;
  const compiler = new FilterCompiler(table, schema, baseUrl, parameter);
  return { clause: compiler.compile(filter), parameters: all };
}

function isIndexed(
  { attribute, subAttribute, extension }: ResolvedPath,
  table: DirectoryTable,
): boolean {
  const names: readonly string[] = indexedAttributes[table];
  return !extension && !subAttribute && names.includes(attribute.name);
}

const isEmail = ({ attribute, subAttribute, extension }: ResolvedPath, table: DirectoryTable) =>
  table === 'users' && !extension && attribute.name === 'emails' && subAttribute?.name === 'value';

/** Whether an index answers the filter at once. */
export function isPointLookup(filter: Filter, table: DirectoryTable): boolean {
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return false;
  const { path } = filter;
  return isIndexed(path, table) || isEmail(path, table) || path.attribute.name === 'id';
}

/** SQL text that a list sorts by; undefined for what has no order. RFC 7644 §3.4.2.3 */
export function compileSort(path: ResolvedPath): string | undefined {
  const { attribute, subAttribute } = path;
  if (isDerived(attribute)) return undefined;
  const whole = `${container(path)} -> ${quoted(attribute.name)}`;
  if (!attribute.multiValued) {
    if (attribute.type === 'complex' && !subAttribute) return undefined;
    return `(${scalar(path)}) COLLATE "C"`;
  }
  const leaf = attribute.type === 'complex' ? (subAttribute?.name ?? 'value') : undefined;
  const value = leaf === undefined ? `e.v #>> '{}'` : `e.v ->> ${quoted(leaf)}`;
  return `(SELECT ${value} FROM jsonb_array_elements(${whole}) WITH ORDINALITY AS e (v, n)
           ORDER BY (e.v ->> 'primary') IS NOT DISTINCT FROM 'true' DESC, e.n LIMIT 1) COLLATE "C"`;
}

const isDerived = ({ name }: Attribute): boolean => name === 'groups' || name === 'members';

/** Names come from schema documents, never from requests; quoted all the same. */
const quoted = (name: string): string => `'${name.replaceAll("'", "''")}'`;

const container = ({ extension }: ResolvedPath): string =>
  extension ? `t.search -> ${quoted(extension.id)}` : 't.search';

function scalar(path: ResolvedPath): string {
  const { attribute, subAttribute, extension } = path;
  if (attribute.name === 'id' && !extension) return 't.id';
  if (!subAttribute) return `${container(path)} ->> ${quoted(attribute.name)}`;
  return `${container(path)} -> ${quoted(attribute.name)} ->> ${quoted(subAttribute.name)}`;
}

class FilterCompiler {
  private depth = 0;

  constructor(
    private readonly table: DirectoryTable,
    private readonly schema: string,
    private readonly baseUrl: string,
    private readonly parameter: (value: string) => string,
  ) {}

  compile(filter: Filter, element?: Element): string {
    switch (filter.kind) {
      case 'and':
      case 'or': {
        const word = filter.kind === 'and' ? ' AND ' : ' OR ';
        return `(${filter.operands.map((operand) => this.compile(operand, element)).join(word)})`;
      }
      case 'not':
        return `(${this.compile(filter.operand, element)}) IS NOT TRUE`;
      case 'compare':
        return this.comparison(filter, element);
      case 'present':
        return this.presence(filter.path, element);
      case 'valuePath':
        return this.some(filter.path, (inner) => this.compile(filter.filter, inner));
    }
  }

  private comparison(filter: ComparisonFilter, element: Element | undefined): string {
    const { path, operator } = filter;
    if (operator === 'ne') {
      return `(${this.comparison({ ...filter, operator: 'eq' }, element)}) IS NOT TRUE`;
    }
    const parameter = this.parameter(String(filter.value));
    const numeric = typeof filter.value === 'number';
    const test = (text: string): string => compared(text, operator, parameter, numeric);
    if (element) return test(element.text(path.attribute));
    if (operator === 'eq' && isIndexed(path, this.table)) {
      const text = scalar(path);
      const prefix = `${indexedPart(text)} COLLATE "C" = ${indexedPart(parameter)}`;
      return `(${prefix} AND ${test(text)})`;
    }
    if (!path.attribute.multiValued) return test(this.single(path));
    const some = this.some(path, (inner) => test(inner.text(path.subAttribute)));
    if (operator !== 'eq' || !isEmail(path, this.table)) return some;
    return `(${indexedEmails('t.search')} @> jsonb_build_array(${parameter}) AND ${some})`;
  }

  private presence(path: ResolvedPath, element: Element | undefined): string {
    const filled = (text: string): string => `(${text}) <> ''`;
    if (element) return filled(element.text(path.attribute));
    const { attribute, subAttribute } = path;
    if (attribute.multiValued) {
      return this.some(path, (inner) =>
        subAttribute ? filled(inner.text(subAttribute)) : inner.present(),
      );
    }
    if (attribute.type === 'complex' && !subAttribute) {
      return anyFilled(`${container(path)} -> ${quoted(attribute.name)}`);
    }
    return filled(this.single(path));
  }

  private single(path: ResolvedPath): string {
    const { attribute, subAttribute } = path;
    if (attribute.name === 'meta' && subAttribute?.name === 'location') {
      return this.url(this.table, 't.id');
    }
    return scalar(path);
  }

  private url(table: DirectoryTable, id: string): string {
    const endpoint = table === 'users' ? 'Users' : 'Groups';
    return `(${this.parameter(`${this.baseUrl}/${endpoint}/`)} || ${id})`;
  }

  /** Whether some element of the list satisfies the condition. */
  private some(path: ResolvedPath, condition: (element: Element) => string): string {
    const { attribute } = path;
    if (isDerived(attribute)) return this.someMembership(attribute, condition);
    this.depth += 1;
    const alias = `e${this.depth}`;
    const simple = attribute.type !== 'complex';
    const element: Element = {
      text: (sub) =>
        simple ? `${alias}.v #>> '{}'` : `${alias}.v ->> ${quoted(sub?.name ?? 'value')}`,
      present: () => (simple ? `(${alias}.v #>> '{}') <> ''` : anyFilled(`${alias}.v`)),
    };
    const list = `${container(path)} -> ${quoted(attribute.name)}`;
    const clause = condition(element);
    this.depth -= 1;
    return `EXISTS (SELECT FROM jsonb_array_elements(${list}) AS ${alias} (v) WHERE ${clause})`;
  }

  /** `User.groups` and `Group.members` are not in the search document, they are rows of `members`. */
  private someMembership(attribute: Attribute, condition: (element: Element) => string): string {
    const ofUser = this.table === 'users';
    const constant = (sub: Attribute, text: string): string =>
      quoted(String(comparable(sub, text)));
    const element: Element = {
      text: (sub = subAttributeNamed(attribute, 'value')) => {
        switch (sub?.name) {
          case 'value':
            return ofUser ? 'm.group_id' : 'm.user_id';
          case 'display':
            return ofUser ? `g.search ->> 'displayName'` : 'NULL::text';
          case 'type':
            return constant(sub, ofUser ? 'direct' : 'User');
          case '$ref':
            return ofUser ? this.url('groups', 'm.group_id') : this.url('users', 'm.user_id');
          default:
            return 'NULL::text';
        }
      },
      present: () => 'TRUE',
    };
    const join = ofUser
      ? `JOIN ${this.schema}.groups g ON g.organization = m.organization AND g.id = m.group_id`
      : '';
    const own = ofUser ? 'm.user_id' : 'm.group_id';
    return `EXISTS (SELECT FROM ${this.schema}.members m ${join}
              WHERE m.organization = t.organization AND ${own} = t.id AND ${condition(element)})`;
  }
}

const anyFilled = (json: string): string =>
  `EXISTS (SELECT FROM jsonb_each_text(${json}) AS part WHERE part.value <> '')`;

function compared(
  text: string,
  operator: Exclude<ComparisonFilter['operator'], 'ne'>,
  parameter: string,
  numeric: boolean,
): string {
  const left = numeric ? `(${text})::numeric` : `(${text}) COLLATE "C"`;
  const right = numeric ? `(${parameter})::numeric` : parameter;
  switch (operator) {
    case 'eq':
      return `${left} = ${right}`;
    case 'co':
      return `strpos(${text}, ${parameter}) > 0`;
    case 'sw':
      return `starts_with(${text}, ${parameter})`;
    case 'ew':
      return `right(${text}, length(${parameter})) = ${parameter}`;
    case 'gt':
      return `${left} > ${right}`;
    case 'ge':
      return `${left} >= ${right}`;
    case 'lt':
      return `${left} < ${right}`;
    case 'le':
      return `${left} <= ${right}`;
  }
}
