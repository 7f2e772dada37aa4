import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { projectionCatalogue } from '../../src/projections/catalogue.js';
import { ensureGeneration, readCheckpoint, schemaOf } from '../../src/projections/generations.js';
import { ProjectionRunner } from '../../src/projections/projection-runner.js';
import type { Projection } from '../../src/projections/projection.js';
import { agrees, verifyProjection } from '../../src/projections/verification.js';
import { aStream, events } from '../event-store/contract.js';
import { eventually } from '../support/scim-client.js';
import { factsOf, steps } from './history-of-organizations.js';
import { openReadSide, type ReadSide } from './read-side.js';

let readSide: ReadSide;
let runs = 0;
beforeEach(async () => {
  readSide = await openReadSide();
});
afterEach(() => readSide.close());

const failures: unknown[] = [];
const runnerOf = (projection: Projection): ProjectionRunner =>
  new ProjectionRunner(projection, readSide.store, readSide.pool, {
    gatherMs: 0,
    onFailure: (_, error) => failures.push(error),
  });

/** Counts how often each position of the log was applied, in the transaction of the checkpoint. */
const counting: Projection = {
  name: 'counting',
  version: 1,
  tables: (schema) => `CREATE TABLE ${schema}.applied (position bigint)`,
  async apply(events, { client, schema }) {
    const positions = events.map(({ position }) => position.toString());
    await client.query(`INSERT INTO ${schema}.applied SELECT unnest($1::bigint[])`, [positions]);
  },
};

const aHistory = () =>
  factsOf(fc.sample(fc.array(fc.tuple(fc.constant('acme'), provision), someSteps), 1)[0]!, ++runs);
const provision = fc.record({
  kind: fc.constant('provision' as const),
  slot: fc.nat({ max: 3 }),
  name: fc.constant('ada'),
});
const someSteps = { minLength: 30, maxLength: 30 };

describe('two runners on one checkpoint', () => {
  let abort: AbortController;
  let leading: Promise<unknown>;
  let runners: ProjectionRunner[];

  beforeEach(async () => {
    await ensureGeneration(readSide.pool, counting);
    abort = new AbortController();
    runners = [runnerOf(counting), runnerOf(counting)];
    leading = Promise.all(runners.map((runner) => runner.lead(abort.signal)));
  });
  afterEach(async () => {
    abort.abort();
    await leading;
  });

  it('apply every event once', async () => {
    const recorded = [];
    for (let round = 0; round < 5; round += 1)
      recorded.push(...(await readSide.record(aHistory())));
    const last = recorded.at(-1)!.position;
    await Promise.all(runners.map((runner) => runner.waitFor(last, 5_000)));
    const { rows } = await readSide.pool.query(
      'SELECT position FROM counting_1.applied ORDER BY 1',
    );
    expect(rows.map(({ position }) => BigInt(position))).toEqual(
      recorded.map(({ position }) => position),
    );
    expect(await readCheckpoint(readSide.pool, 'counting_1')).toBe(last);
  });

  it('both resolve whoever waits for what either has applied', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [event] = await readSide.record(aHistory().slice(0, 1));
      const waited = runners.map((runner) => runner.waitFor(event!.position, 1_500));
      expect(await Promise.all(waited)).toEqual([true, true]);
    }
  });
});

describe('a runner that does not lead', () => {
  it('applies the log itself when nobody leads and somebody waits', async () => {
    await ensureGeneration(readSide.pool, counting);
    const recorded = await readSide.record(aHistory());
    const follower = runnerOf(counting);
    expect(await follower.waitFor(recorded.at(-1)!.position, 5_000)).toBe(true);
    const { rows } = await readSide.pool.query(
      'SELECT count(*)::int AS applied FROM counting_1.applied',
    );
    expect(rows).toEqual([{ applied: recorded.length }]);
  });

  it('stops waiting when the time is out', async () => {
    await ensureGeneration(readSide.pool, counting);
    const position = (await readSide.store.head()) + 1_000n;
    expect(await runnerOf(counting).waitFor(position, 50)).toBe(false);
  });
});

describe('a runner that has caught up with much', () => {
  it('tells the planner what the tables hold', async () => {
    await ensureGeneration(readSide.pool, counting);
    for (let each = 0; each < 11; each += 1) {
      await readSide.store.append(aStream(), 'noStream', events(1_000));
    }
    const abort = new AbortController();
    const leading = runnerOf(counting).lead(abort.signal);
    const planned = async (): Promise<unknown> => {
      const { rows } = await readSide.pool.query(
        `SELECT reltuples::int AS planned FROM pg_class WHERE oid = 'counting_1.applied'::regclass`,
      );
      return rows[0].planned;
    };
    expect(await eventually(planned, (rows) => rows === 11_000)).toBe(11_000);
    abort.abort();
    await leading;
  });
});

describe('a projection that cannot apply an event', () => {
  it('halts there, keeps its checkpoint and is right again when it can', async () => {
    await ensureGeneration(readSide.pool, counting);
    let broken = true;
    const fragile: Projection = {
      ...counting,
      apply: async (events, target) => {
        await counting.apply(events, target);
        if (broken) throw new Error('broken');
      },
    };
    const runner = runnerOf(fragile);
    const abort = new AbortController();
    const leading = runner.lead(abort.signal);
    const recorded = await readSide.record(aHistory());
    await sleep(500);
    expect(runner.halted).toBe(true);
    expect(await readCheckpoint(readSide.pool, 'counting_1')).toBe(0n);
    broken = false;
    expect(await runner.waitFor(recorded.at(-1)!.position, 5_000)).toBe(true);
    expect(runner.halted).toBe(false);
    const { rows } = await readSide.pool.query(
      'SELECT count(*)::int AS applied FROM counting_1.applied',
    );
    expect(rows).toEqual([{ applied: recorded.length }]);
    abort.abort();
    await leading;
  });
});

describe('rebuilt tables', () => {
  it('equal those that were written live, whatever the history', async () => {
    const projections = Object.values(projectionCatalogue(readSide.store));
    for (const projection of projections) await ensureGeneration(readSide.pool, projection);
    const abort = new AbortController();
    const runners = projections.map(runnerOf);
    const leading = Promise.all(runners.map((runner) => runner.lead(abort.signal)));
    for (const history of fc.sample(steps, 8)) {
      const last = (await readSide.record(factsOf(history, ++runs))).at(-1)!.position;
      await Promise.all(runners.map((runner) => runner.waitFor(last, 5_000)));
    }
    abort.abort();
    await leading;
    for (const projection of projections) {
      const verdict = await verifyProjection(projection, readSide.store, readSide.pool);
      expect(verdict).toMatchObject({
        projection: projection.name,
        position: await readSide.store.head(),
      });
      expect(verdict.tables.filter(({ missing, surplus }) => missing + surplus > 0)).toEqual([]);
    }
  });

  it.each([
    { damage: 'a missing row', statement: 'DELETE FROM users', found: { missing: 1 } },
    {
      damage: 'a changed row',
      statement: `UPDATE users SET resource = '{}'`,
      found: { missing: 1, surplus: 1 },
    },
    {
      damage: 'a row too many',
      statement: `INSERT INTO members VALUES ('acme', 'g', 'u')`,
      found: { surplus: 1 },
    },
  ])('differ from live tables with $damage', async ({ statement, found }) => {
    const { directory } = projectionCatalogue(readSide.store);
    await ensureGeneration(readSide.pool, directory);
    const enable = { kind: 'enable' as const };
    const facts = factsOf(
      [
        ['acme', enable],
        ['acme', fc.sample(provision, 1)[0]!],
      ],
      ++runs,
    );
    const last = (await readSide.record(facts)).at(-1)!.position;
    expect(await runnerOf(directory).waitFor(last, 5_000)).toBe(true);
    const schema = schemaOf(directory);
    await readSide.pool.query(`BEGIN; SET LOCAL search_path TO ${schema}; ${statement}; COMMIT`);
    const verdict = await verifyProjection(directory, readSide.store, readSide.pool);
    expect(agrees(verdict)).toBe(false);
    expect(verdict.tables).toContainEqual(expect.objectContaining(found));
    const { rows } = await readSide.pool.query(
      `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'verify%'`,
    );
    expect(rows).toEqual([]);
  });
});
