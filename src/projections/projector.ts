import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Pool } from 'pg';
import type { EventStore, Position } from '../event-store/event-store.js';
import type { ProjectionName } from './catalogue.js';
import { ensureFollowing, ensureGeneration, schemaOf } from './generations.js';
import { ProjectionRunner } from './projection-runner.js';
import type { Projection } from './projection.js';

export type { ProjectionName } from './catalogue.js';

/** The bound on how long a write waits to be seen by reads, in milliseconds. */
export const READ_YOUR_WRITES_MS = 2_000;

/** Session lock of the process that projects. */
const LEADER_LOCK = 7_205_759_404;
const LEADERSHIP_POLL_MS = 250;
const LEADERSHIP_TIMEOUT_MS = 5_000;

/** A projection is filled anew: a client that was told that its resources are gone would make them again. */
export class NotCaughtUp extends Error {
  readonly code = 'PROJECTION_NOT_CAUGHT_UP';

  constructor(name: ProjectionName) {
    super(`the projection ${name} has not caught up with the log`);
  }
}

export interface ProjectorOptions {
  readonly databaseUrl: string;
  /** What tells the log from others on which the database might be started. */
  readonly logName: string;
  /** Whether this process applies events, or only waits for those who do. */
  readonly projects: boolean;
  readonly onFailure: (projection: string, error: unknown) => void;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly position: Position;
  readonly halted: boolean;
}

/**
 * Runs all projections. Of several processes one leads, by a session lock that dies with its connection: a killed
 * leader is replaced at once. See docs/adr/0007-projector-leadership.md.
 */
export class Projector {
  private readonly runners: ReadonlyMap<string, ProjectionRunner>;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private expired = 0;

  constructor(
    projections: ReadonlyMap<Projection, { readonly gatherMs: number }>,
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly options: ProjectorOptions,
  ) {
    const { onFailure } = options;
    // Between two statements of a batch nobody listens to a connection that breaks; the next statement then fails.
    pool.on('connect', (client) => client.on('error', () => undefined));
    this.runners = new Map(
      [...projections].map(([projection, { gatherMs }]) => [
        projection.name,
        new ProjectionRunner(projection, store, pool, { gatherMs, onFailure }),
      ]),
    );
  }

  async start(): Promise<void> {
    const projections = [...this.runners.values()].map(({ projection }) => projection);
    for (const projection of projections) await ensureGeneration(this.pool, projection);
    await ensureFollowing(this.pool, this.options.logName, projections.map(schemaOf));
    this.running = this.attend(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * Holds until reads of the projection see the log up to `position`, at most READ_YOUR_WRITES_MS.
   * @returns false when the time ran out first
   */
  async waitFor(name: ProjectionName, position: Position | null): Promise<boolean> {
    if (position === null) return true;
    const covered = await this.runner(name).waitFor(position, READ_YOUR_WRITES_MS);
    if (!covered) this.expired += 1;
    return covered;
  }

  /**
   * Holds until reads of the projection see everything acknowledged so far, by whichever process.
   * @returns false when the time ran out first
   * @throws NotCaughtUp
   */
  async waitForHead(name: ProjectionName): Promise<boolean> {
    await this.caughtUp(name);
    return this.waitFor(name, await this.head());
  }

  /** Where everything stands that was acknowledged so far, by whichever process. */
  head(): Promise<Position> {
    return this.store.head();
  }

  /**
   * Holds reads back while the projection catches up after a start or a lost database, at most READ_YOUR_WRITES_MS.
   * @throws NotCaughtUp what is there by then lacks what was acknowledged: nothing may be read from it
   */
  async caughtUp(name: ProjectionName): Promise<void> {
    if (!(await this.runner(name).caughtUp(READ_YOUR_WRITES_MS))) throw new NotCaughtUp(name);
  }

  /** Resolves when every projection has caught up since the start, however long that takes, or at the stop. */
  async settled(): Promise<void> {
    const { signal } = this.stopping;
    const settle = async (runner: ProjectionRunner): Promise<void> => {
      while (!signal.aborted && !(await runner.caughtUp(READ_YOUR_WRITES_MS)));
    };
    await Promise.all(this.each(settle));
  }

  /** Whether reads of the projection, as far as this process knows, see the log up to `position`. */
  covers(name: ProjectionName, position: Position): boolean {
    return this.runner(name).position >= position;
  }

  /** How many writes were acknowledged before reads saw them. */
  get expiredWaits(): number {
    return this.expired;
  }

  status(): readonly ProjectionStatus[] {
    return [...this.runners.values()].map(({ projection, position, halted }) => ({
      name: projection.name,
      position,
      halted,
    }));
  }

  private runner(name: string): ProjectionRunner {
    const runner = this.runners.get(name);
    if (!runner) throw new Error(`unknown projection ${name}`);
    return runner;
  }

  private async attend(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.attendOnce(signal);
      } catch (error) {
        if (!signal.aborted) this.options.onFailure('leadership', error);
      }
      await this.pause(signal);
    }
  }

  /** Keeps one connection for as long as the database lives: it carries leadership, and its loss tells of a crash. */
  private async attendOnce(signal: AbortSignal): Promise<void> {
    const connection = new Client({
      connectionString: this.options.databaseUrl,
      application_name: 'rollcall projector leadership',
      keepAlive: true,
      // One that is taken and never served would end every attempt to come back.
      connectionTimeoutMillis: LEADERSHIP_TIMEOUT_MS,
      query_timeout: LEADERSHIP_TIMEOUT_MS,
    });
    const lost = new AbortController();
    connection.on('error', () => lost.abort());
    connection.on('end', () => lost.abort());
    const attending = AbortSignal.any([signal, lost.signal]);
    try {
      await connection.connect();
      const confirmed = Promise.all(this.each((runner) => runner.confirm(attending)));
      while (!attending.aborted) {
        if (await this.leads(connection)) {
          await Promise.all(this.each((runner) => runner.lead(attending)));
        } else {
          await this.pause(attending);
        }
      }
      await confirmed;
    } finally {
      if (!signal.aborted) this.each((runner) => runner.doubt());
      await connection.end().catch(() => undefined);
    }
  }

  private async leads(connection: Client): Promise<boolean> {
    if (!this.options.projects) return false;
    const { rows } = await connection.query<{ leads: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS leads',
      [LEADER_LOCK],
    );
    return rows[0]?.leads === true;
  }

  private async pause(signal: AbortSignal): Promise<void> {
    const ms = LEADERSHIP_POLL_MS * (0.5 + Math.random() / 2);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  private each<Result>(act: (runner: ProjectionRunner) => Result): Result[] {
    return [...this.runners.values()].map(act);
  }
}
