import { Injectable } from '@nestjs/common';
import type { Position } from '../../commands/messages.js';
import { Projector } from '../../projections/projector.js';
import { Problem } from './problem.js';

/** Lets a change of users, groups or teams be answered when every read sees it, SCIM's too. */
@Injectable()
export class VisibleChanges {
  constructor(private readonly projector: Projector) {}

  /** @param position null when everything was as it was to be, by whomever: reads must see that too */
  async hold(position: Position | null): Promise<void> {
    await Promise.all(
      (['directory', 'roster'] as const).map((name) =>
        position === null
          ? this.projector.waitForHead(name)
          : this.projector.waitFor(name, position),
      ),
    );
  }
}

/** What was created within this request cannot be shown yet: repeating the request could create another. */
export const createdUnseen = (kind: string): Problem =>
  new Problem(
    'change-not-yet-effective',
    `the ${kind} was created, and reads do not see it yet: read it at Location instead of repeating the request`,
  );
