import fc from 'fast-check';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { projectionCatalogue } from '../../src/projections/catalogue.js';
import type { Projection } from '../../src/projections/projection.js';
import { factsOf, steps } from './history-of-organizations.js';
import { batches, openReadSide, type ReadSide } from './read-side.js';

const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 20, size: 'max' });

describe('tables depend on the log alone', () => {
  let readSide: ReadSide;
  let projections: readonly Projection[];
  let runs = 0;

  beforeAll(async () => {
    readSide = await openReadSide();
    projections = Object.values(projectionCatalogue(readSide.store));
    for (const projection of projections) {
      for (const prefix of ['whole', 'cut', 'twice']) {
        await readSide.createTables(projection, `${prefix}_${projection.name}`);
      }
    }
  });
  afterAll(() => readSide.close());

  /** What every projection comes to, with each batch applied so many times. */
  async function tablesOf(
    prefix: string,
    applied: readonly (readonly RecordedEvent[])[],
    times: number,
  ) {
    const tables: Record<string, unknown> = {};
    for (const projection of projections) {
      const schema = `${prefix}_${projection.name}`;
      await readSide.empty(schema);
      for (const batch of applied) {
        for (let time = 0; time < times; time += 1) {
          await readSide.apply(projection, schema, batch);
        }
      }
      tables[projection.name] = await readSide.rowsOf(schema);
    }
    return tables;
  }

  it('not on where batches end, nor on batches that come twice', async () => {
    const property = fc.asyncProperty(steps, cuts, async (history, places) => {
      const events = await readSide.record(factsOf(history, ++runs));
      const whole = await tablesOf('whole', [events], 1);
      const cut = batches(events, places);
      expect(await tablesOf('cut', cut, 1)).toEqual(whole);
      expect(await tablesOf('twice', cut, 2)).toEqual(whole);
    });
    await fc.assert(property, { numRuns: 12 });
  });
});
