import { setTimeout as sleep } from 'node:timers/promises';
import { ensureGeneration } from '../../src/projections/generations.js';
import { ProjectionRunner } from '../../src/projections/projection-runner.js';
import type { Projection } from '../../src/projections/projection.js';
import { aStream, events } from '../event-store/contract.js';
import { openReadSide, type ReadSide } from './read-side.js';

let readSide: ReadSide;
let abort: AbortController;
/** How many pages may be applied. */
let pages: number;
beforeEach(async () => {
  readSide = await openReadSide();
  abort = new AbortController();
  pages = 0;
  await ensureGeneration(readSide.pool, held);
});
afterEach(async () => {
  abort.abort();
  pages = Number.POSITIVE_INFINITY;
  await readSide.close();
});

const held: Projection = {
  name: 'held',
  version: 1,
  tables: (schema) => `CREATE TABLE ${schema}.none (position bigint)`,
  async apply() {
    while (pages <= 0) await sleep(5);
    pages -= 1;
  },
};

const aRunner = () =>
  new ProjectionRunner(held, readSide.store, readSide.pool, {
    gatherMs: 0,
    onFailure: () => undefined,
  });

const record = () => readSide.store.append(aStream(), 'noStream', events(1));

describe('a projection that is filled for long', () => {
  it('has not caught up when it has come to where the log ended at the start', async () => {
    await record();
    const runner = aRunner();
    const working = Promise.all([runner.lead(abort.signal), runner.confirm(abort.signal)]);
    // Longer than reads may be behind; meanwhile another process takes a write.
    await sleep(2_200);
    await record();
    pages = 1;
    expect(await runner.caughtUp(700)).toBe(false);
    pages = 1;
    expect(await runner.caughtUp(5_000)).toBe(true);
    abort.abort();
    await working;
  }, 15_000);
});
