import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { backoffMs } from './backoff.js';
import { applySettings, connectionConfig } from './postgres-connection.js';

const CHANNEL = 'rollcall_log';
const NOTIFY = { name: 'notify', text: 'SELECT pg_notify($1, $2)' };
const COALESCE_MS = 10;
const RECONNECT = { firstMs: 50, maxMs: 2_000 };
/** A notifying transaction holds a cluster-wide lock until it is flushed; a lost notification costs one poll. */
const SESSION_SETTINGS = { synchronous_commit: 'off' };

export interface SignalOptions {
  readonly connectionString: string;
  /** Another instance has appended, or may have while this one was not listening. */
  onSignal(): void;
  onTrouble(error: unknown): void;
}

/**
 * Tells other instances on the same database that there are new events, and hears from them, over a connection of its
 * own: NOTIFY inside the append transaction would serialise every commit of the cluster.
 */
export class PostgresSignal {
  readonly #options: SignalOptions;
  readonly #self = randomUUID();
  #client: Client | undefined;
  #connecting: Promise<void> | undefined;
  #unannounced = false;
  #announcing: Promise<void> | undefined;
  #lastSent = 0;
  #closed = false;
  #interrupt: (() => void) | undefined;

  constructor(options: SignalOptions) {
    this.#options = options;
  }

  /** Whether an append of another instance would be heard. */
  get healthy(): boolean {
    return this.#client !== undefined;
  }

  /** Connects and stays connected until closed. */
  start(): void {
    if (this.#closed || this.#client) return;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
  }

  /** Notifies at once, or when 10 ms have passed since the last time. */
  announce(): void {
    this.start();
    this.#unannounced = true;
    this.#announcing ??= this.#announce();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#interrupt?.();
    await this.#connecting;
    await this.#announcing;
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #announce(): Promise<void> {
    while (this.#unannounced && !this.#closed) {
      await delay(Math.max(0, this.#lastSent + COALESCE_MS - Date.now()));
      this.#unannounced = false;
      this.#lastSent = Date.now();
      try {
        await this.#client?.query({ ...NOTIFY, values: [CHANNEL, this.#self] });
      } catch (error) {
        this.#options.onTrouble(error);
      }
    }
    this.#announcing = undefined;
  }

  async #connect(): Promise<void> {
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        this.#client = await this.#listen();
        this.#options.onSignal();
        return;
      } catch (error) {
        this.#options.onTrouble(error);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, backoffMs(attempt, RECONNECT));
          this.#interrupt = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  async #listen(): Promise<Client> {
    const client = new Client(connectionConfig(this.#options.connectionString, 'rollcall signal'));
    const lost = (error?: Error): void => {
      if (error) this.#options.onTrouble(error);
      if (this.#client !== client) return;
      this.#client = undefined;
      this.start();
    };
    client.on('error', lost);
    client.on('end', () => lost());
    client.on('notification', ({ payload }) => {
      if (payload !== this.#self) this.#options.onSignal();
    });
    try {
      await client.connect();
      await applySettings(client, SESSION_SETTINGS);
      await client.query(`LISTEN ${CHANNEL}`);
      return client;
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
  }
}
