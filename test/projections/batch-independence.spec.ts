import fc from 'fast-check';
import { AccessProjection } from '../../src/projections/access/access.projection.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { HistoryProjection } from '../../src/projections/history/history.projection.js';
import type { Projection } from '../../src/projections/projection.js';
import { RosterProjection } from '../../src/projections/roster/roster.projection.js';
import { factsOf, steps } from './history-of-organizations.js';
import { batches, openReadSide, type ReadSide } from './read-side.js';

const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 20 });

describe('tables depend on the log alone', () => {
  let readSide: ReadSide;
  let runs = 0;

  beforeAll(async () => {
    readSide = await openReadSide();
  });
  afterAll(() => readSide.close());

  const projections: readonly { name: string; make: () => Projection }[] = [
    { name: 'directory', make: () => new DirectoryProjection(readSide.store) },
    { name: 'roster', make: () => new RosterProjection() },
    { name: 'access', make: () => new AccessProjection() },
    { name: 'history', make: () => new HistoryProjection() },
  ];

  it.each(projections)(
    '$name: neither on where batches end nor on batches that come twice',
    async ({ name, make }) => {
      const projection = make();
      const [whole, cut, twice] = [`${name}_whole`, `${name}_cut`, `${name}_twice`];
      const schemas = [whole, cut, twice];
      for (const schema of schemas) await readSide.createTables(projection, schema);
      const property = fc.asyncProperty(steps, cuts, async (history, places) => {
        for (const schema of schemas) await readSide.empty(schema);
        const events = await readSide.record(factsOf(history, ++runs));
        await readSide.apply(projection, whole, events);
        for (const batch of batches(events, places)) {
          await readSide.apply(projection, cut, batch);
          await readSide.apply(projection, twice, batch);
          await readSide.apply(projection, twice, batch);
        }
        const expected = await readSide.rowsOf(whole);
        expect(await readSide.rowsOf(cut)).toEqual(expected);
        expect(await readSide.rowsOf(twice)).toEqual(expected);
      });
      await fc.assert(property, { numRuns: 25 });
    },
  );
});
