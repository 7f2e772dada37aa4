import { Client, type ClientConfig, type QueryResult, type QueryResultRow } from 'pg';

/** A prepared statement with its values. */
export interface PreparedRead {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * A few connections on which reads are sent without waiting for the answers before them. For statements that answer
 * at once: one connection then carries thousands a second with a fraction of the system calls that a pool needs. A
 * slow statement would hold up those behind it and belongs on a pool.
 */
export class PipelinedReads {
  private readonly connections: (Promise<Client> | undefined)[];
  private next = 0;

  constructor(
    private readonly config: ClientConfig,
    size: number,
  ) {
    this.connections = Array.from({ length: size }, () => undefined);
  }

  async query<Row extends QueryResultRow>(read: PreparedRead): Promise<QueryResult<Row>> {
    this.next = (this.next + 1) % this.connections.length;
    const client = await this.connection(this.next);
    return client.query<Row>({ name: read.name, text: read.text, values: [...read.values] });
  }

  async end(): Promise<void> {
    const open = await Promise.allSettled(this.connections.filter((each) => each !== undefined));
    for (const each of open) {
      if (each.status === 'fulfilled') await each.value.end().catch(() => undefined);
    }
  }

  private connection(index: number): Promise<Client> {
    const open = this.connections[index] ?? this.open(index);
    this.connections[index] = open;
    return open;
  }

  private async open(index: number): Promise<Client> {
    const client = new Client({ ...this.config, pipeline: true });
    const forget = (): void => {
      this.connections[index] = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
