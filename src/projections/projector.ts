import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Pool } from 'pg';
import type { EventStore, Position } from '../event-store/event-store.js';
import type { ProjectionName } from './catalogue.js';
import { ensureGeneration } from './generations.js';
import { ProjectionRunner } from './projection-runner.js';
import type { Projection } from './projection.js';

export type { ProjectionName } from './catalogue.js';

/** The bound on how long a write waits to be seen by reads, in milliseconds. */
export const READ_YOUR_WRITES_MS = 2_000;

/** Session lock of the process that projects. */
const LEADER_LOCK = 7_205_759_404;
const LEADERSHIP_POLL_MS = 250;

export interface ProjectorOptions {
  readonly databaseUrl: string;
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
    this.runners = new Map(
      [...projections].map(([projection, { gatherMs }]) => [
        projection.name,
        new ProjectionRunner(projection, store, pool, { gatherMs, onFailure }),
      ]),
    );
  }

  async start(): Promise<void> {
    for (const { projection } of this.runners.values()) {
      await ensureGeneration(this.pool, projection);
    }
    if (this.options.projects) this.running = this.project(this.stopping.signal);
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

  /** Holds until reads of the projection see everything acknowledged so far, by whichever process. */
  async waitForHead(name: ProjectionName): Promise<boolean> {
    return this.waitFor(name, await this.store.head());
  }

  /** Holds reads back while the projection catches up after a start or a lost database, at most READ_YOUR_WRITES_MS. */
  caughtUp(name: ProjectionName): Promise<void> {
    return this.runner(name).caughtUp(READ_YOUR_WRITES_MS);
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

  private async project(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.leadOnce(signal);
      } catch (error) {
        if (!signal.aborted) this.options.onFailure('leadership', error);
      }
      await sleep(LEADERSHIP_POLL_MS * (0.5 + Math.random() / 2), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  private async leadOnce(signal: AbortSignal): Promise<void> {
    const connection = new Client({
      connectionString: this.options.databaseUrl,
      application_name: 'rollcall projector leadership',
      keepAlive: true,
    });
    const lost = new AbortController();
    connection.on('error', () => lost.abort());
    connection.on('end', () => lost.abort());
    await connection.connect();
    try {
      const { rows } = await connection.query<{ leads: boolean }>(
        'SELECT pg_try_advisory_lock($1) AS leads',
        [LEADER_LOCK],
      );
      if (!rows[0]?.leads) return;
      const leading = AbortSignal.any([signal, lost.signal]);
      await Promise.all([...this.runners.values()].map((runner) => runner.lead(leading)));
    } finally {
      await connection.end().catch(() => undefined);
    }
  }
}
