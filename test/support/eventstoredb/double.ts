/**
 * A loopback server that speaks EventStoreDB's gRPC protocol, version 1, as the unchanged client
 * `@eventstore/db-client` 6.2.1 uses it; it is built on that client's own generated messages.
 *
 *     const double = await startEventStoreDouble({ nodes: 3 });
 *     const client = EventStoreDBClient.connectionString(double.connectionString);
 *     double.inject('batchAppend', { kind: 'hang' }, { at: 'answer', times: 1 });
 *
 * What it speaks:
 * - Streams: Append, BatchAppend, Read (a stream or `$all`, forwards and backwards, filters by prefix and regular
 *   expression on stream names and event types, subscriptions with confirmation, checkpoints, caught-up and
 *   fell-behind), Delete (soft, by `$tb` in the stream's metastream) and Tombstone.
 * - ServerFeatures: GetSupportedMethods.
 * - Gossip: Read.
 *
 * What it keeps of the server's rules: expected revisions; the recognition of repeated appends (strong at an exact
 * revision, from memory alone at `any`, not at all at `noStream` on a stream that had been deleted); what deletion and
 * metastreams hide; the greatest size of an append; 100 calls at once on a connection; who may read `$all`. Refusals
 * have the trailers and details that the client makes its typed errors of. Between the events of its clients it writes
 * events of its own.
 *
 * What it does not do:
 * - All nodes share one log: no node is ever behind, and no election loses an event.
 * - Positions are invented from the sizes of events. Each event of an append has one of its own, commit equal to
 *   prepare, as in the server; `appendInTransaction` makes events of TCP transactions, where the two differ.
 * - It has no time limits of its own and does not look at the deadlines of batched appends: `inject` makes timeouts.
 * - No links, projections, persistent subscriptions, scavenging, ACLs of single streams, users by API, HTTP API.
 * - The code of a refusal inside BatchAppend is a guess, because the client reads its details only.
 * - Its file outlives a killed process, not a lost machine.
 *
 * process.ts runs it in a process of its own, which can be killed and frozen; main.mjs is the program.
 */
import { ServerCredentials } from '@grpc/grpc-js';
import { Access, type AccessOptions } from './access.js';
import { Cluster } from './cluster.js';
import { Faults, Refused, type Effect, type FaultOptions, type Method } from './faults.js';
import { LogFile } from './log-file.js';
import { EventLog } from './log.js';
import type { LogPosition, ProposedEvent } from './records.js';
import { Node } from './node.js';
import { notLeader, unavailable } from './refusals.js';
import { Subscriptions, type AnyCall, type Surroundings } from './surroundings.js';

export interface EventStoreDoubleOptions {
  /** Of the first node; the others follow. Default: any free ones. */
  readonly port?: number;
  /** Default 1. With more, the connection string names them all, and the client asks for gossip. */
  readonly nodes?: number;
  /** Where the log is kept; a double that starts on an old file goes on with its log. Default: memory. */
  readonly file?: string;
  /** Default 1 MiB, as in the server up to version 25.0. */
  readonly maxAppendSize?: number;
  /** How many ids are recognised at `any`. Default 10,000. */
  readonly rememberedIds?: number;
  /** After so many appends the server writes an event of its own; 0 for never. Default 5. */
  readonly statisticsEvery?: number;
  /** Default true. Without it clients fall back on Append. */
  readonly supportsBatchAppend?: boolean;
  /**
   * Default true: a node that does not lead passes writes on, unless the call requires the leader.
   * Otherwise every write to it is refused with the leader's address.
   */
  readonly followersForwardWrites?: boolean;
  /** Default: no users, everything is allowed. The client sends its credentials over TLS only. */
  readonly access?: AccessOptions;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export async function startEventStoreDouble(
  options: EventStoreDoubleOptions = {},
): Promise<EventStoreDouble> {
  const double = new EventStoreDouble(options);
  await double.start();
  return double;
}

/** See the head of this file for what it speaks and what it does not. */
export class EventStoreDouble {
  private readonly faults = new Faults();
  private readonly cluster = new Cluster();
  private readonly subscriptions = new Subscriptions();
  private readonly access: Access;
  private readonly nodes: (Node | undefined)[] = [];
  private readonly ports: number[];
  private readonly counts = new Map<Method, number>();
  private sent = 0;
  private log: EventLog | undefined;

  constructor(private readonly options: EventStoreDoubleOptions = {}) {
    const { port = 0, nodes = 1 } = options;
    this.ports = Array.from({ length: nodes }, (_, index) => (port === 0 ? 0 : port + index));
    this.access = new Access(options.access);
  }

  get connectionString(): string {
    const host = this.options.tls ? 'localhost' : '127.0.0.1';
    const hosts = this.ports.map((port) => `${host}:${port}`).join(',');
    return `esdb://${hosts}?tls=${this.options.tls !== undefined}`;
  }

  /** Starts all nodes that do not run. */
  async start(): Promise<void> {
    this.log ??= this.openLog();
    for (const index of this.ports.keys()) if (!this.nodes[index]) await this.startNode(index);
  }

  /** `abruptly` (default) breaks the connections, `orderly` cancels the calls first. */
  async stop(how: 'abruptly' | 'orderly' = 'abruptly'): Promise<void> {
    await Promise.all(this.ports.map((_, index) => this.stopNode(index, how)));
    if (this.options.file === undefined) this.log?.forgetRecent();
    else {
      this.log?.close();
      this.log = undefined;
    }
  }

  /** Stops and starts on the same ports with the same log; what was recognised at `any` is forgotten. */
  async restart(how: 'abruptly' | 'orderly' = 'abruptly'): Promise<void> {
    await this.stop(how);
    await this.start();
  }

  async startNode(index: number): Promise<void> {
    const credentials = this.credentials();
    const node = await Node.listen(this.ports[index] ?? 0, credentials, (self) =>
      this.surroundings(self, index),
    );
    this.nodes[index] = node;
    this.ports[index] = node.port;
    this.cluster.joined(index, { address: this.host, port: node.port });
  }

  async stopNode(index: number, how: 'abruptly' | 'orderly' = 'abruptly'): Promise<void> {
    const node = this.nodes[index];
    this.nodes[index] = undefined;
    this.cluster.left(index);
    await node?.stop(how);
  }

  /** Lets a fault befall calls of `method`, on every node. @returns lifts it */
  inject(method: Method, effect: Effect, options?: FaultOptions): () => void {
    return this.faults.inject(method, effect, options);
  }

  /** Lifts every fault. What hangs already goes on hanging. */
  liftFaults(): void {
    this.faults.lift();
  }

  dropConnections(): void {
    for (const node of this.nodes) node?.dropConnections();
  }

  /**
   * Connections stay and new ones are accepted, but no call is answered; speaking again drops them all. HTTP/2 itself
   * goes on answering pings on old connections: freeze a double in its own process where that matters.
   */
  setSilent(silent: boolean): void {
    this.faults.silence = silent;
    for (const node of this.nodes) node?.setSilent(silent);
  }

  /** The subscriptions that are open now never hear anything again; later ones work. */
  stallSubscriptions(): void {
    this.subscriptions.stall();
  }

  /** Makes another node the leader. Default: the one after the leader of now. */
  elect(leader = ((this.cluster.leader ?? 0) + 1) % this.ports.length): void {
    this.cluster.leader = leader;
  }

  /** No node leads, and none takes writes, until {@link elect}. */
  loseLeader(): void {
    this.cluster.leader = undefined;
  }

  get leader(): number | undefined {
    return this.cluster.leader;
  }

  /** How many calls of a method arrived; a batched append counts as one. */
  calls(method: Method): number {
    return this.counts.get(method) ?? 0;
  }

  /** How many messages of reads and subscriptions were sent. */
  get messagesSent(): number {
    return this.sent;
  }

  get openSubscriptions(): number {
    return this.subscriptions.size;
  }

  get openConnections(): number {
    return this.nodes.reduce((sum, node) => sum + (node?.connections ?? 0), 0);
  }

  /** Appends as TCP clients could: several prepare positions under one commit position. */
  appendInTransaction(stream: string, events: readonly ProposedEvent[]): LogPosition {
    if (!this.log) throw new Error('the double does not run');
    return this.log.appendInTransaction(stream, events);
  }

  private get host(): string {
    return this.options.tls ? 'localhost' : '127.0.0.1';
  }

  private openLog(): EventLog {
    const { file, rememberedIds = 10_000, statisticsEvery = 5 } = this.options;
    return new EventLog(file ? new LogFile(file) : undefined, rememberedIds, statisticsEvery);
  }

  private credentials(): ServerCredentials {
    const { tls } = this.options;
    if (!tls) return ServerCredentials.createInsecure();
    return ServerCredentials.createSsl(null, [
      { cert_chain: Buffer.from(tls.certificate), private_key: Buffer.from(tls.key) },
    ]);
  }

  private surroundings(node: Node, index: number): Surroundings {
    const { maxAppendSize = 1024 * 1024, supportsBatchAppend = true } = this.options;
    if (!this.log) throw new Error('the double does not run');
    return {
      log: this.log,
      faults: this.faults,
      access: this.access,
      cluster: this.cluster,
      subscriptions: this.subscriptions,
      maxAppendSize,
      supportsBatchAppend,
      checkLeadership: (call, kind) => this.checkLeadership(index, call, kind),
      victim: (call) => ({
        isGone: () => node.isStopped,
        dropConnection: () => node.dropConnectionOf(call),
        leader: () => this.cluster.leaderEndpoint(),
      }),
      count: (method) => void this.counts.set(method, this.calls(method) + 1),
      countMessage: () => void this.sent++,
    };
  }

  private checkLeadership(index: number, { metadata }: AnyCall, kind: 'read' | 'write'): void {
    const { followersForwardWrites = true } = this.options;
    const required = metadata.get('requires-leader').includes('true');
    if (this.cluster.leader === index || (kind === 'read' && !required)) return;
    if (this.cluster.leader === undefined) throw new Refused(unavailable());
    if (!required && followersForwardWrites) return;
    throw new Refused(notLeader(this.cluster.leaderEndpoint()));
  }
}
