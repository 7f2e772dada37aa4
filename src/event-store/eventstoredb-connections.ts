import type { EventStoreDBClient } from '@eventstore/db-client';
import { NoAnswer, spoilsClient } from './eventstoredb-errors.js';
import type { Connection } from './eventstoredb-connection.js';

export interface ConnectionsOptions {
  readonly open: () => Connection;
  /** A server lets 100 calls share a connection; the next one hangs without a word. */
  readonly callsPerConnection: number;
  /** With so many open, further calls wait for their turn. */
  readonly connections: number;
  /** For how long. */
  readonly waitForMs: number;
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
  /** Each resumes one that waits. */
  readonly #waiting = new Set<() => void>();
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

  /** @throws NoAnswer where no call ends in time */
  async lease(): Promise<Lease> {
    let member = this.#memberWithRoom();
    const deadline = Date.now() + this.#options.waitForMs;
    while (!member) {
      await this.#turn(deadline);
      member = this.#memberWithRoom();
    }
    const held = member;
    held.calls += 1;
    return {
      client: held.connection.client,
      release: (error) => {
        held.calls -= 1;
        if (error !== undefined && spoilsClient(error)) this.#retire(held);
        if (held.calls === 0 && (held.broken || this.#usable().length > 1)) this.#close(held);
        this.#resume(1);
      },
    };
  }

  /** Closes what is open, with its calls. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#resume();
    for (const member of this.#members) this.#close(member);
    await Promise.all(this.#closing);
  }

  /** Its calls end in their own time; those who wait get a new connection. */
  #retire(member: Member): void {
    member.broken = true;
    this.#resume();
  }

  #turn(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const resume = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(resume);
        reject(new NoAnswer('too many calls wait for the log'));
      }, deadline - Date.now());
      this.#waiting.add(resume);
    });
  }

  #resume(count = Infinity): void {
    for (const resume of this.#waiting) {
      if (count-- <= 0) return;
      this.#waiting.delete(resume);
      resume();
    }
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
