/* The description of the management API, as far as its tests read it. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly example?: unknown;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Content {
  readonly [type: string]: {
    readonly schema: Schema;
    readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

export interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export class OpenApi {
  constructor(private readonly document: Document) {}

  static async of(serviceUrl: string): Promise<OpenApi> {
    const response = await fetch(`${serviceUrl}/docs/openapi.json`);
    return new OpenApi((await response.json()) as Document);
  }

  /** Each as `GET /api/organizations`. */
  get endpoints(): readonly string[] {
    return Object.entries(this.document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  operation(endpoint: string): Operation {
    const [method = '', path = ''] = endpoint.split(' ');
    const found = this.document.paths[path]?.[method.toLowerCase()];
    if (!found) throw new Error(`${endpoint} is not described`);
    return found;
  }

  /** Every body that the documentation shows for a request: `undefined` alone where there is none. */
  requestExamples({ requestBody }: Operation): readonly unknown[] {
    const content = requestBody?.content['application/json'];
    if (!content) return [undefined];
    const named = Object.values(content.examples ?? {}).map(({ value }) => value);
    if (named.length > 0) return named;
    return (content.schema.oneOf ?? [content.schema]).map((schema) => this.exampleOf(schema));
  }

  /** Where a value departs from its schema: what is missing, not described, or of another type. */
  departures(value: unknown, schema: Schema, at = '$'): readonly string[] {
    if (value === null && (schema.nullable || this.resolved(schema).nullable)) return [];
    const { type, enum: allowed, oneOf, items, properties, required = [] } = this.resolved(schema);
    if (oneOf) {
      const tried = oneOf.map((each) => this.departures(value, each, at));
      return tried.some(({ length }) => length === 0) ? [] : tried.flat();
    }
    if (
      type !== undefined &&
      kindOf(value) !== type &&
      !(type === 'integer' && Number.isInteger(value))
    )
      return [`${at} is of type ${kindOf(value)}, not ${type}`];
    if (allowed && !allowed.includes(value)) return [`${at} is ${String(value)}`];
    if (Array.isArray(value) && items) {
      return value.flatMap((each, index) => this.departures(each, items, `${at}[${index}]`));
    }
    if (!properties) return [];
    const members = value as Readonly<Record<string, unknown>>;
    return [
      ...required.filter((name) => !(name in members)).map((name) => `${at}.${name} is missing`),
      ...Object.entries(members).flatMap(([name, member]) => {
        const described = properties[name];
        if (!described) return [`${at}.${name} is not described`];
        return this.departures(member, described, `${at}.${name}`);
      }),
    ];
  }

  private exampleOf(schema: Schema): unknown {
    const { example, type, enum: allowed, items, properties } = this.resolved(schema);
    if (schema.example !== undefined) return schema.example;
    if (example !== undefined) return example;
    if (allowed) return allowed[0];
    if (type === 'array') return items ? [this.exampleOf(items)] : [];
    return Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, member]) => [name, this.exampleOf(member)]),
    );
  }

  private resolved(schema: Schema): Schema {
    const target = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (target === undefined) return schema;
    return this.document.components.schemas[target.slice(target.lastIndexOf('/') + 1)] ?? {};
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}
