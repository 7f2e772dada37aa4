import { ReadYourWrites } from '../../src/http/scim/read-your-writes.js';
import { Projector } from '../../src/projections/projector.js';
import type { Projection } from '../../src/projections/projection.js';
import { openReadSide, type ReadSide } from '../projections/read-side.js';

const MOST_REMEMBERED = 10_000;

let readSide: ReadSide;
beforeAll(async () => {
  readSide = await openReadSide();
});
afterAll(() => readSide.close());

it('remembers a bounded number of late writes while the directory is halted', async () => {
  const directory: Projection = {
    name: 'directory',
    version: 1,
    tables: () => '',
    apply: () => Promise.reject(new Error('halted')),
  };
  const paced = new Map([[directory, { gatherMs: 0 }]]);
  const projector = new Projector(paced, readSide.store, readSide.pool, {
    databaseUrl: readSide.url,
    logName: 'PostgreSQL',
    projects: false,
    onFailure: () => undefined,
  });
  const writes = new ReadYourWrites(projector);
  const ids = Array.from({ length: MOST_REMEMBERED + 2 }, (_, index) => `user-${index}`);
  await Promise.all(ids.map((id, index) => writes.hold(id, BigInt(index + 1))));
  expect(ids.filter((id) => writes.isLate(id))).toEqual(ids.slice(2));
});
