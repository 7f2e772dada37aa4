import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Instant } from '../domain/identifiers.js';

export const TIME_AND_IDS = Symbol('TimeAndIds');

/** What a decision may not make up itself. */
export interface TimeAndIds {
  /** Now, but later than `after`. */
  now(after?: Instant): Instant;
  /** A UUID that no other call answers; later ones sort later, which keeps indexes dense. */
  id(): string;
  /** Unguessable: base64url of that many random bytes. */
  secret(bytes: number): string;
  /** Anything between 0 and `most` milliseconds. */
  jitter(most: number): number;
}

export const systemTimeAndIds: TimeAndIds = {
  now(after) {
    const now = Date.now();
    return new Date(after === undefined ? now : Math.max(now, Date.parse(after) + 1)).toISOString();
  },
  id: () => uuidv7(),
  secret: (bytes) => randomBytes(bytes).toString('base64url'),
  jitter: (most) => Math.random() * most,
};
