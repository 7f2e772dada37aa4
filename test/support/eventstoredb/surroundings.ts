import type { Metadata } from '@grpc/grpc-js';
import type { Access } from './access.js';
import type { Cluster } from './cluster.js';
import type { Faults, Method, Victim } from './faults.js';
import type { EventLog } from './log.js';

/** The part of a gRPC call that every kind of call has. */
export interface AnyCall {
  readonly metadata: Metadata;
  getPeer(): string;
}

/** What the services of a node work with. */
export interface Surroundings {
  readonly log: EventLog;
  readonly faults: Faults;
  readonly access: Access;
  readonly cluster: Cluster;
  /** In bytes of data, metadata and type together. */
  readonly maxAppendSize: number;
  readonly supportsBatchAppend: boolean;
  /** @throws Refused when this node may not serve a call that writes or asks for the leader */
  readonly checkLeadership: (call: AnyCall, kind: 'read' | 'write') => void;
  readonly victim: (call: AnyCall) => Victim;
  readonly subscriptions: Subscriptions;
  readonly count: (method: Method) => void;
  /** Of a read or a subscription. */
  readonly countMessage: () => void;
}

/** The subscriptions that are open on the whole cluster. */
export class Subscriptions {
  private readonly open = new Set<{ stalled: boolean }>();

  get size(): number {
    return this.open.size;
  }

  enter(): { stalled: boolean } {
    const subscription = { stalled: false };
    this.open.add(subscription);
    return subscription;
  }

  leave(subscription: { stalled: boolean }): void {
    this.open.delete(subscription);
  }

  /** Those open now fall silent for ever; their connections stay. */
  stall(): void {
    for (const subscription of this.open) subscription.stalled = true;
  }
}
