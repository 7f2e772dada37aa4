import type { EventStoreDBClient } from '@eventstore/db-client';
import { classify } from './eventstoredb-errors.js';
import type { Connection } from './eventstoredb-connection.js';

export interface ConnectionsOptions {
  readonly open: () => Connection;
  /** A server lets 100 calls share a connection; the next one hangs without a word. */
  readonly callsPerConnection: number;
  /** With so many open, further calls wait for their turn. */
  readonly connections: number;
}

/** A place for one call on a connection. */
export interface Lease {
  readonly client: EventStoreDBClient;
  /** The call is over. @param error what it failed with: where the client is broken, nobody gets it again */
  release(error?: unknown): void;
}

interface Member {
  readonly connection: Connection;
  calls: number;
  broken: boolean;
}

/** Connections for calls of one kind; opened when needed, replaced when broken. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #members = new Set<Member>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;
  readonly #closing = new Set<Promise<void>>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  async run<Result>(call: (client: EventStoreDBClient) => Promise<Result>): Promise<Result> {
    const lease = await this.lease();
    try {
      const result = await call(lease.client);
      lease.release();
      return result;
    } catch (error) {
      lease.release(error);
      throw error;
    }
  }

  async lease(): Promise<Lease> {
    let member = this.#memberWithRoom();
    while (!member) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      member = this.#memberWithRoom();
    }
    const held = member;
    held.calls += 1;
    return {
      client: held.connection.client,
      release: (error) => {
        held.calls -= 1;
        if (error !== undefined && classify(error) === 'broken') this.#retire(held);
        if (held.calls === 0 && (held.broken || this.#usable().length > 1)) this.#close(held);
        this.#waiting.shift()?.();
      },
    };
  }

  /** Closes what is open, with its calls. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const resume of this.#waiting.splice(0)) resume();
    for (const member of this.#members) this.#close(member);
    await Promise.all(this.#closing);
  }

  /** Its calls end in their own time; those who wait get a new connection. */
  #retire(member: Member): void {
    member.broken = true;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #memberWithRoom(): Member | undefined {
    if (this.#closed) throw new TypeError('the event store is closed');
    const { open, callsPerConnection, connections } = this.#options;
    const usable = this.#usable();
    const roomy = usable.find(({ calls }) => calls < callsPerConnection);
    if (roomy || usable.length >= connections) return roomy;
    const member = { connection: open(), calls: 0, broken: false };
    this.#members.add(member);
    return member;
  }

  #usable(): Member[] {
    return [...this.#members].filter(({ broken }) => !broken);
  }

  #close(member: Member): void {
    this.#members.delete(member);
    const closed = member.connection.close().catch(() => undefined);
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}
