import type { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryResult, type QueryResultRow } from 'pg';

/** A prepared statement with its values. */
export interface PreparedRead {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** pg's client with the socket that it does not declare. */
type Connected = Client & { readonly connection: { readonly stream: Socket } };

/**
 * One connection on which reads are sent without waiting for the answers before them, those of one turn of the event
 * loop in one write. For statements that answer at once: it then carries thousands a second with a fraction of the
 * system calls that a pool needs. A slow statement would hold up those behind it and belongs on a pool.
 */
export class PipelinedReads {
  private opening: Promise<Connected> | undefined;
  private readonly gathering = new WeakSet<Socket>();

  constructor(private readonly config: ClientConfig) {}

  async query<Row extends QueryResultRow>(read: PreparedRead): Promise<QueryResult<Row>> {
    this.opening ??= this.open();
    const client = await this.opening;
    this.gather(client.connection.stream);
    return client.query<Row>({ name: read.name, text: read.text, values: [...read.values] });
  }

  async end(): Promise<void> {
    const client = await this.opening?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  private gather(socket: Socket): void {
    if (this.gathering.has(socket)) return;
    this.gathering.add(socket);
    socket.cork();
    setImmediate(() => {
      this.gathering.delete(socket);
      socket.uncork();
    });
  }

  private open(): Promise<Connected> {
    const client = new Client({ ...this.config, pipeline: true }) as Connected;
    const opening = client.connect().then(() => client);
    const forget = (): void => {
      // A connection that broke says so more than once, and its successor may be open by then.
      if (this.opening === opening) this.opening = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    opening.catch(forget);
    return opening;
  }
}
