import { setTimeout as sleep } from 'node:timers/promises';
import type { status } from '@grpc/grpc-js';
import {
  notLeader,
  refusal,
  timeout,
  unavailable,
  unimplemented,
  type Endpoint,
  type Refusal,
} from './refusals.js';

/** A call that a fault can befall. `read` ends by itself, `subscribe` is the same RPC and does not. */
export type Method =
  | 'append'
  | 'batchAppend'
  | 'read'
  | 'subscribe'
  | 'delete'
  | 'tombstone'
  | 'getSupportedMethods'
  | 'gossip';

/** Plain data, so that a test can send it to a double in another process. */
export type Effect =
  /** The call is never answered; its connection stays. */
  | { readonly kind: 'hang' }
  /** The connection is destroyed. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'notLeader' }
  | { readonly kind: 'unimplemented' }
  /** The server gives up waiting for its own disks; at `answer` it had not needed to. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'refuse'; readonly code: status; readonly details: string };

export interface FaultOptions {
  /**
   * `arrival` (default): before the server does anything. `answer`: when it has done what was asked, before it says so;
   * of a read or a subscription, when `afterMessages` messages were sent.
   */
  readonly at?: 'arrival' | 'answer';
  /** How many calls it befalls. Default: all until it is lifted. */
  readonly times?: number;
  readonly afterMessages?: number;
}

export interface Fault extends Required<FaultOptions> {
  readonly effect: Effect;
}

const SILENCE: Fault = {
  effect: { kind: 'hang' },
  at: 'arrival',
  times: Infinity,
  afterMessages: 0,
};

/** Thrown inside a call whose answer shall never come. */
export class NeverAnswered extends Error {}

/** Thrown inside a call that ends with a status. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.details);
  }
}

/** A batched append answers this inside its stream, which goes on. */
export class TimedOut extends Refused {
  constructor() {
    super(timeout());
  }
}

/** What the call's surroundings must offer so that a fault can befall it. */
export interface Victim {
  /** The node has been stopped: what it had not done by then it never does. */
  readonly isGone: () => boolean;
  readonly dropConnection: () => void;
  readonly leader: () => Endpoint;
}

/** The faults that are switched on; each method has its own, first come first served. */
export class Faults {
  /** While it lasts, every call hangs as it arrives, and those that are going on hang where they are. */
  silence = false;
  private readonly active = new Map<Method, { fault: Fault; left: number }[]>();

  /** @returns lifts the fault; calls that hang go on hanging */
  inject(method: Method, effect: Effect, options: FaultOptions = {}): () => void {
    const { at = 'arrival', times = Infinity, afterMessages = 0 } = options;
    const entry = { fault: { effect, at, times, afterMessages }, left: times };
    const entries = this.active.get(method) ?? [];
    entries.push(entry);
    this.active.set(method, entries);
    return () => {
      entry.left = 0;
    };
  }

  lift(): void {
    this.active.clear();
  }

  /** The fault that befalls the next call of the method, which counts as befallen. */
  take(method: Method): Fault | undefined {
    if (this.silence) return SILENCE;
    const entry = this.active.get(method)?.find(({ left }) => left > 0);
    if (entry) entry.left--;
    return entry?.fault;
  }
}

/**
 * Does a unary action under the fault.
 * @throws NeverAnswered, Refused
 */
export async function underFault<Result>(
  fault: Fault | undefined,
  victim: Victim,
  action: () => Result,
): Promise<Result> {
  if (fault?.at === 'arrival') await befall(fault.effect, victim);
  const result = action();
  if (fault?.at === 'answer') await befall(fault.effect, victim);
  return result;
}

/** @throws NeverAnswered, Refused */
export async function befall(effect: Effect, victim: Victim): Promise<void> {
  switch (effect.kind) {
    case 'wait':
      await sleep(effect.ms, undefined, { ref: false });
      if (victim.isGone()) throw new NeverAnswered();
      return;
    case 'drop':
      victim.dropConnection();
      throw new NeverAnswered();
    case 'hang':
      throw new NeverAnswered();
    case 'unavailable':
      throw new Refused(unavailable());
    case 'notLeader':
      throw new Refused(notLeader(victim.leader()));
    case 'unimplemented':
      throw new Refused(unimplemented());
    case 'timeout':
      throw new TimedOut();
    case 'refuse':
      throw new Refused(refusal(effect.code, effect.details));
  }
}
