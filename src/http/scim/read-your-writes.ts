import { Injectable } from '@nestjs/common';
import type { Position } from '../../commands/messages.js';
import { Projector } from '../../projections/projector.js';

const MOST_REMEMBERED = 10_000;

/**
 * Holds the answer of a write until reads see it. One that was answered before that, because the projection was too
 * slow, is remembered, so that the resource is served from its stream until the projection has caught up.
 */
@Injectable()
export class ReadYourWrites {
  private readonly late = new Map<string, Position>();

  constructor(private readonly projector: Projector) {}

  async hold(id: string, position: Position | null): Promise<void> {
    if (position === null || (await this.projector.waitFor('directory', position))) return;
    if (this.late.size >= MOST_REMEMBERED) this.forgetCovered();
    this.late.set(id, position);
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

  /** Holds a read back while the directory catches up after a start or a lost database. */
  caughtUp(): Promise<void> {
    return this.projector.caughtUp('directory');
  }

  private forgetCovered(): void {
    for (const id of [...this.late.keys()]) this.isLate(id);
  }
}
