import type { Projection } from '../../src/projections/projection.js';
import type { Fact, ReadSide } from './read-side.js';

/** Rows of tables in the order of their keys; of each row only the columns that matter. */
export type ExpectedTables = Readonly<Record<string, readonly object[]>>;

let schemas = 0;

/** What a history makes of a projection's tables. */
export function given(readSide: ReadSide, projection: Projection, facts: readonly Fact[]) {
  return {
    /** @param times how often the whole batch is delivered */
    when: ({ times }: { readonly times: number }) => ({
      async then(tables: ExpectedTables): Promise<void> {
        const schema = `specified_${projection.name}_${++schemas}`;
        await readSide.createTables(projection, schema);
        const events = await readSide.record(facts);
        for (let time = 0; time < times; time += 1) {
          await readSide.apply(projection, schema, events);
        }
        for (const [table, expected] of Object.entries(tables)) {
          const { rows } = await readSide.pool.query(
            `SELECT * FROM ${schema}.${table} ORDER BY 1, 2, 3`,
          );
          expect({ table, rows }).toMatchObject({ table, rows: expected });
        }
      },
    }),
  };
}
