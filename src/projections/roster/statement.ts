/** SQL text that stands in a statement as it is. */
export class SqlText {
  constructor(readonly text: string) {}
}

export const textOf = (text: string): SqlText => new SqlText(text);

export const tableOf = (schema: string, table: string): SqlText => textOf(`${schema}.${table}`);

/** SQL with the values of its parameters, which are numbered when it is complete. */
export class Statement {
  /** @param pieces the text around the parameters: one more than there are values */
  constructor(
    readonly pieces: readonly string[],
    readonly values: readonly unknown[],
  ) {}

  get text(): string {
    return this.pieces.reduce((before, piece, place) => `${before}$${place}${piece}`);
  }
}

/** A statement of whose interpolated parts SqlText and other statements become text, everything else a parameter. */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Statement {
  let pieces: readonly string[] = [strings[0] ?? ''];
  const values: unknown[] = [];
  for (const [place, part] of parts.entries()) {
    const after = strings[place + 1] ?? '';
    if (part instanceof Statement) {
      pieces = joined(joined(pieces, part.pieces), [after]);
      values.push(...part.values);
    } else if (part instanceof SqlText) {
      pieces = joined(pieces, [part.text + after]);
    } else {
      pieces = [...pieces, after];
      values.push(part);
    }
  }
  return new Statement(pieces, values);
}

/** Without a parameter at the seam. */
const joined = (left: readonly string[], right: readonly string[]): readonly string[] => [
  ...left.slice(0, -1),
  `${left.at(-1) ?? ''}${right[0] ?? ''}`,
  ...right.slice(1),
];
