import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LEASE_MS } from '../../domain/lease.js';
import type { Position } from '../../commands/messages.js';
import { Projector, type ProjectionName } from '../../projections/projector.js';
import { Problem } from './problem.js';

/** Makes changes of who may come in effective before they are acknowledged. */
@Injectable()
export class EffectiveChanges {
  constructor(private readonly projector: Projector) {}

  /**
   * Holds until no instance acts upon the state before the change. Only for changes that may be repeated.
   * @param position null when an earlier request made the change, which need not be effective yet either
   * @throws Problem change-not-yet-effective
   */
  async hold(position: Position | null, projections: readonly ProjectionName[]): Promise<void> {
    const covered = await Promise.all(
      projections.map((name) =>
        position === null
          ? this.projector.waitForHead(name)
          : this.projector.waitFor(name, position),
      ),
    );
    if (covered.includes(false)) {
      const detail = 'repeat the request: it is answered when the change is effective everywhere';
      throw new Problem('change-not-yet-effective', detail);
    }
    await sleep(LEASE_MS);
  }
}
