import { Injectable } from '@nestjs/common';
import type { Position } from '../../commands/messages.js';
import { Rejection } from '../../domain/rejection.js';
import { Projector } from '../../projections/projector.js';
import { rejectedScim } from './rejections.js';

const MOST_REMEMBERED = 10_000;

/**
 * Holds the answer of a write until reads see it. One that was answered before that, because the projection was too
 * slow, is remembered, so that the resource is served from its stream until the projection has caught up.
 */
@Injectable()
export class ReadYourWrites {
  /** Oldest first. */
  private readonly late = new Map<string, Position>();
  private latest: Position = 0n;

  constructor(private readonly projector: Projector) {}

  /**
   * The outcome of a write. One that is refused because of what others wrote is refused when reads see that: who is
   * told that a user is gone, or that a name is taken, looks it up next.
   * @param id the resource that the request names; empty where it is to be created
   */
  async outcome<Result>(id: string, write: Promise<Result>): Promise<Result> {
    try {
      return await write;
    } catch (error) {
      if (tellsOfOthers(error)) await this.hold(id, null);
      throw error;
    }
  }

  /** @param written null when the write found everything as it was to be, by whomever: reads must see that too */
  async hold(id: string, written: Position | null): Promise<void> {
    const position = written ?? (await this.projector.head());
    if (await this.projector.waitFor('directory', position)) return;
    if (position > this.latest) this.latest = position;
    this.late.delete(id);
    this.late.set(id, position);
    this.forget();
  }

  /** Whether reads may not yet see an acknowledged write of the resource. */
  isLate(id: string): boolean {
    if (this.late.size === 0) return false;
    const position = this.late.get(id);
    if (position === undefined) return false;
    if (!this.projector.covers('directory', position)) return true;
    this.late.delete(id);
    return false;
  }

  /**
   * Holds a read of more than one resource back until it sees every write that was answered too early, as long as a
   * write would be held.
   */
  async seesAll(): Promise<void> {
    await this.projector.waitFor('directory', this.latest);
  }

  /** What reads see by now, and the oldest where that is not enough: a halted directory covers nothing. */
  private forget(): void {
    for (const [id, position] of this.late) {
      const keeps = this.late.size <= MOST_REMEMBERED;
      if (keeps && !this.projector.covers('directory', position)) return;
      this.late.delete(id);
    }
  }
}

/** 403 and 503 speak of the connection and of the service, not of what is stored. */
function tellsOfOthers(error: unknown): boolean {
  return error instanceof Rejection && ![403, 503].includes(rejectedScim(error).status);
}
