import { once } from 'node:events';
import net from 'node:net';
import type { Socket } from 'node:net';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, type ConnectionInjector, type ServerCredentials } from '@grpc/grpc-js';
import { append, batchAppend } from './appends.js';
import { deleteStream, tombstone } from './deletes.js';
import { getSupportedMethods, gossip } from './introspection.js';
import { read } from './reads.js';
import type { AnyCall, Surroundings } from './surroundings.js';

/** As in the server; the client never opens a second connection, so its 101st call waits for a free place. */
const CONCURRENT_CALLS = 100;
const LARGEST_REQUEST = 17 * 1024 * 1024;

/** One node: the sockets are ours, so that faults can reach below gRPC, and only handed to its server. */
export class Node {
  private readonly listener = net.createServer((socket) => this.accept(socket));
  private readonly sockets = new Set<Socket>();
  private readonly grpc = new Server({
    'grpc.max_concurrent_streams': CONCURRENT_CALLS,
    'grpc.max_receive_message_length': LARGEST_REQUEST,
    'grpc.max_send_message_length': -1,
  });
  private readonly injector: ConnectionInjector;
  private silent = false;

  private constructor(credentials: ServerCredentials, surroundings: (node: Node) => Surroundings) {
    const server = surroundings(this);
    this.grpc.addService(streamsGrpc.StreamsService, {
      append: append(server),
      batchAppend: batchAppend(server),
      delete: deleteStream(server),
      read: read(server),
      tombstone: tombstone(server),
    });
    this.grpc.addService(featuresGrpc.ServerFeaturesService, {
      getSupportedMethods: getSupportedMethods(server),
    });
    this.grpc.addService(gossipGrpc.GossipService, { read: gossip(server) });
    this.injector = this.grpc.createConnectionInjector(credentials);
  }

  /** @param port 0 for any free one */
  static async listen(
    port: number,
    credentials: ServerCredentials,
    surroundings: (node: Node) => Surroundings,
  ): Promise<Node> {
    const node = new Node(credentials, surroundings);
    node.listener.listen(port, '127.0.0.1');
    await once(node.listener, 'listening');
    return node;
  }

  get port(): number {
    const address = this.listener.address();
    if (address === null || typeof address === 'string')
      throw new Error('the node does not listen');
    return address.port;
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** While silent, new connections are accepted and kept, and their bytes are not looked at. */
  setSilent(silent: boolean): void {
    this.silent = silent;
    if (!silent) this.dropConnections();
  }

  get isStopped(): boolean {
    return !this.listener.listening;
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  dropConnectionOf(call: AnyCall): void {
    const port = Number(call.getPeer().split(':').at(-1));
    for (const socket of this.sockets) if (socket.remotePort === port) socket.destroy();
  }

  /** Without a farewell, as when the process is killed, or telling every call that it is cancelled. */
  async stop(how: 'abruptly' | 'orderly'): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    if (how === 'abruptly') this.dropConnections();
    this.injector.destroy();
    this.grpc.forceShutdown();
    // forceShutdown tells the calls; the sockets have to go as well.
    setImmediate(() => this.dropConnections());
    await closed;
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    if (!this.silent) this.injector.injectConnection(socket);
  }
}
