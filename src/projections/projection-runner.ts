import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import { advanceCheckpoint, analyzeGeneration, readCheckpoint, schemaOf } from './generations.js';
import type { Projection } from './projection.js';

const PAGE_SIZE = 1_000;
const FOLLOWER_POLL_MS = 4;
/** A follower with somebody waiting does the work itself after so long without progress of the leader. */
const LEADER_STALL_MS = 300;
const CONFIRMATION_POLL_MS = 1_000;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** So long ago the end of the log may have been asked for where reads are said to see all of it. */
const SETTLED_MS = 2_000;
/** So many events since this process leads, and once: from then on the database learns by itself. */
const WORTH_ANALYZING = 10_000;

export interface RunnerOptions {
  /** How long events may gather before a batch, in milliseconds, while nobody waits for them. */
  readonly gatherMs: number;
  readonly onFailure: (projection: string, error: unknown) => void;
}

interface Waiter {
  readonly position: Position;
  readonly resolve: (covered: boolean) => void;
}

/** Where the log ended at that time. */
interface Mark {
  readonly head: Position;
  readonly at: number;
}

/**
 * Drives one projection along the log. The compare-and-set of the checkpoint, in the transaction of the rows, makes
 * every event count once, however many runners there are; leadership only spares wasted work.
 */
export class ProjectionRunner {
  private covered: Position = 0n;
  private readonly waiters = new Set<Waiter>();
  private following: Promise<void> | undefined;
  private leading = false;
  private failures = 0;
  /** Whether everything is applied that was acknowledged before the start, or before the database was lost. */
  private fresh = false;
  private readonly freshening = new Set<() => void>();

  constructor(
    readonly projection: Projection,
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly options: RunnerOptions,
  ) {}

  /** What this process knows to be applied. */
  get position(): Position {
    return this.covered;
  }

  /** Whether the last attempts failed: the projection stands still. */
  get halted(): boolean {
    return this.failures > 2;
  }

  /** A database that is lost may forget the last rows, together with their checkpoint. */
  doubt(): void {
    this.fresh = false;
    this.covered = 0n;
  }

  /** Ends the doubt as soon as everything acknowledged by now is applied again, by whichever process. */
  async confirm(signal: AbortSignal): Promise<void> {
    this.doubt();
    while (!signal.aborted && !this.fresh) {
      try {
        let mark = await this.mark();
        while (!signal.aborted && !this.fresh) {
          const reached = await this.waitFor(mark.head, CONFIRMATION_POLL_MS);
          if (reached && !signal.aborted) mark = await this.freshen(mark);
        }
      } catch (error) {
        this.options.onFailure(this.projection.name, error);
        await sleep(SHORTEST_PAUSE_MS);
      }
    }
  }

  /**
   * Resolves at once, but after a start or a lost database only when everything acknowledged before is applied.
   * @returns false when the time ran out first
   */
  async caughtUp(timeoutMs: number): Promise<boolean> {
    if (this.fresh) return true;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.freshening.delete(end);
        resolve();
      };
      const timer = setTimeout(end, timeoutMs).unref();
      this.freshening.add(end);
    });
    return this.fresh;
  }

  /** Applies the log as it grows, until the signal aborts. */
  async lead(signal: AbortSignal): Promise<void> {
    this.leading = true;
    try {
      while (!signal.aborted) await this.leadOnce(signal);
    } finally {
      this.leading = false;
    }
  }

  /** @returns false when the time ran out first */
  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    if (this.covered >= position) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        resolve: (covered) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(covered);
        },
      };
      const timer = setTimeout(() => waiter.resolve(false), timeoutMs);
      this.waiters.add(waiter);
      if (!this.leading) this.following ??= this.follow();
    });
  }

  private async leadOnce(signal: AbortSignal): Promise<void> {
    try {
      let mark = await this.mark();
      let position = await readCheckpoint(this.pool, schemaOf(this.projection));
      // A database that crashed may have lost the last rows, together with their checkpoint.
      if (position < this.covered) this.fresh = false;
      this.covered = position;
      // Another writer may have applied what is waited for here.
      this.resolveWaiters();
      mark = await this.freshen(mark);
      const pages = this.store.subscribe({ from: position, signal, pageSize: PAGE_SIZE });
      let unanalyzed = 0;
      for await (const events of pages) {
        const next = await this.applyPage(position, events);
        if (next === undefined) return;
        position = next;
        this.failures = 0;
        this.cover(position);
        mark = await this.freshen(mark);
        unanalyzed += events.length;
        if (this.fresh && unanalyzed >= WORTH_ANALYZING) {
          unanalyzed = Number.NEGATIVE_INFINITY;
          void this.analyze();
        }
        await this.gather(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.failures += 1;
      this.options.onFailure(this.projection.name, error);
      const pause = Math.min(SHORTEST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
      await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Beside the work: writers wait for that. */
  private async analyze(): Promise<void> {
    try {
      await analyzeGeneration(this.pool, schemaOf(this.projection));
    } catch (error) {
      this.options.onFailure(this.projection.name, error);
    }
  }

  private async mark(): Promise<Mark> {
    const head = await this.store.head();
    return { head, at: performance.now() };
  }

  /**
   * Ends the doubt where the mark is reached. While tables are filled for an hour other processes may take writes, so
   * one that was set long ago is set anew. @returns the mark that is to be reached
   */
  private async freshen(mark: Mark): Promise<Mark> {
    let latest = mark;
    while (!this.fresh && this.covered >= latest.head) {
      if (performance.now() - latest.at > SETTLED_MS) {
        latest = await this.mark();
        continue;
      }
      this.fresh = true;
      for (const resolve of this.freshening) resolve();
    }
    return latest;
  }

  /** @returns the new checkpoint, or undefined when another writer moved it meanwhile */
  private async applyPage(
    from: Position,
    events: readonly RecordedEvent[],
  ): Promise<Position | undefined> {
    const last = events.at(-1);
    if (!last) return from;
    const schema = schemaOf(this.projection);
    const client = await this.pool.connect();
    try {
      // Sent together where the connection pipelines; rows and checkpoint stand or fall with the commit.
      const [, advanced] = await Promise.all([
        client.query('BEGIN'),
        advanceCheckpoint(client, schema, from, last.position),
        this.projection.apply(events, { client, schema }),
      ]);
      await client.query(advanced ? 'COMMIT' : 'ROLLBACK');
      client.release();
      return advanced ? last.position : undefined;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  private async gather(signal: AbortSignal): Promise<void> {
    const until = performance.now() + this.options.gatherMs;
    while (this.waiters.size === 0 && performance.now() < until && !signal.aborted) {
      await sleep(Math.min(10, this.options.gatherMs));
    }
  }

  private cover(position: Position): void {
    if (position <= this.covered) return;
    this.covered = position;
    this.resolveWaiters();
  }

  private resolveWaiters(): void {
    for (const waiter of this.waiters) if (waiter.position <= this.covered) waiter.resolve(true);
  }

  /** Watches the checkpoint that another process moves, as long as somebody here waits for it. */
  private async follow(): Promise<void> {
    const schema = schemaOf(this.projection);
    let progressAt = performance.now();
    while (this.waiters.size > 0 && !this.leading) {
      try {
        const position = await readCheckpoint(this.pool, schema);
        if (position > this.covered) progressAt = performance.now();
        this.cover(position);
        if (performance.now() - progressAt > LEADER_STALL_MS) {
          // Also where this fails: a page that cannot be applied is not tried without end.
          progressAt = performance.now();
          const events = await this.store.readAll(position, PAGE_SIZE);
          this.cover((await this.applyPage(position, events)) ?? position);
        }
      } catch (error) {
        this.options.onFailure(this.projection.name, error);
        await sleep(SHORTEST_PAUSE_MS);
      }
      await sleep(FOLLOWER_POLL_MS);
    }
    this.following = undefined;
  }
}
