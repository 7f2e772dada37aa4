import type { EventEmitter } from 'node:events';
import { EventStoreDBClient } from '@eventstore/db-client';

/** One client of the database with its one HTTP/2 connection. */
export interface Connection {
  readonly client: EventStoreDBClient;
  /** Ends its calls and closes the connection. */
  close(): Promise<void>;
}

interface Closable {
  close(): void;
}
type Call = EventEmitter & { write(...args: readonly unknown[]): boolean };
type CreateCall = (client: unknown) => Call;
type CallCreator = (
  stub: unknown,
  name: string,
  create: CreateCall,
  cache?: unknown,
) => () => Promise<Call>;

/** What `@eventstore/db-client` calls the one long-lived call through which a client appends. */
const APPENDING = 'appendToStream';
const KEEPALIVE_MS = 10_000;

let clientsMade = 0;

/**
 * Opens a client whose known faults cannot harm the process. Version 6.2.1 is the last of its line, so that what is
 * taken hold of here does not change; another version fails at the first connection, not at the first fault.
 * @param onTrouble hears of what would have been an uncaught error
 */
export function openConnection(
  connectionString: string,
  onTrouble: (error: unknown) => void,
): Connection {
  const client = clientOf(connectionString);
  const channels: Closable[] = [];
  const appends: Call[] = [];
  let closed = false;

  intercept<() => Promise<Closable>>(client, 'createChannel', (create) => async () => {
    const channel = await create().catch(explain);
    // The client closes a channel itself before it makes another.
    channels.splice(0, channels.length, channel);
    if (closed) channel.close();
    return channel;
  });
  /*
   * Whenever a call breaks off the client lets go of its channel, first awaiting the one that it is opening, and nobody
   * awaits that: where the channel cannot be opened, an unhandled rejection would end the process.
   */
  intercept<(...failure: never[]) => Promise<void>>(
    client,
    'handleError',
    (handle) =>
      (...failure) =>
        handle(...failure).catch(onTrouble),
  );
  intercept<CallCreator>(
    client,
    'GRPCStreamCreator',
    (creator) => (stub, name, create, cache) =>
      creator(
        stub,
        name,
        (grpcClient) => {
          const call = create(grpcClient);
          if (name === APPENDING) {
            harden(call, onTrouble);
            appends.splice(0, appends.length, call);
          }
          return call;
        },
        cache,
      ),
  );

  return {
    client,
    async close() {
      closed = true;
      // Cancelling this call would make the library reject every append of the process, on whichever client.
      for (const call of appends) {
        call.removeAllListeners('error');
        call.on('error', () => undefined);
      }
      await client.dispose();
      for (const channel of channels) channel.close();
    },
  };
}

/** The library says of a cluster that it does not reach nothing but how often it has tried. */
function explain(error: unknown): never {
  if (!(error instanceof Error) || !error.message.startsWith('Failed to discover')) throw error;
  const reasons = 'its addresses, its certificates or the network are not what they should be';
  throw new Error(`no node of the cluster answers (${error.message}): ${reasons}`, {
    cause: error,
  });
}

/** @throws TypeError that says nothing of the connection string: it may hold a password, and the library's error quotes it */
function clientOf(connectionString: string): EventStoreDBClient {
  const separator = connectionString.includes('?') ? '&' : '?';
  const own = `keepAliveTimeout=${keepAliveTimeoutOf(connectionString)}`;
  try {
    return EventStoreDBClient.connectionString(`${connectionString}${separator}${own}`);
  } catch {
    throw new TypeError('the connection string of EventStoreDB cannot be used');
  }
}

/**
 * gRPC lets clients of one server share a connection unless an option of theirs differs. Then a client that replaces a
 * broken one would get its dead connection again, and all clients together could make 100 calls at once. This is the
 * option by which ours differ, by milliseconds.
 */
function keepAliveTimeoutOf(connectionString: string): number {
  const wanted = Number(/[?&]keepAliveTimeout=(\d+)/i.exec(connectionString)?.[1] ?? KEEPALIVE_MS);
  clientsMade = (clientsMade + 1) % 1_000;
  return wanted + clientsMade;
}

/**
 * Takes two hazards out of the call through which appends travel.
 *
 * The library keeps the appends of all clients of the process in one map. When any of these calls breaks, it rejects
 * and forgets them all; an answer that comes after that is destructured from nothing, a TypeError in an event listener
 * that ends the process. Callers whose append was rejected repeat it, so nobody misses the late answer.
 *
 * When the call's buffer is full, the library lets writers wait for `drain`, and rejects them into nowhere when the call
 * breaks, an unhandled rejection that ends the process, or leaves them waiting for ever. Whoever appends bounds what is
 * in flight, so the library never needs to wait.
 */
function harden(call: Call, onTrouble: (error: unknown) => void): void {
  for (const listener of call.listeners('data')) {
    call.removeListener('data', listener as () => void);
    call.on('data', (...answer: unknown[]) => {
      try {
        Reflect.apply(listener, call, answer);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        onTrouble(new Error('an answer came to an append that is no longer waiting for it'));
      }
    });
  }
  const write = call.write.bind(call);
  call.write = (...args) => {
    write(...args);
    return true;
  };
}

/** Replaces a method of the client that its types do not show. */
function intercept<Method extends (...args: never[]) => unknown>(
  client: EventStoreDBClient,
  name: string,
  wrap: (method: Method) => Method,
): void {
  const method: unknown = Reflect.get(client, name);
  if (typeof method !== 'function') {
    throw new Error(
      `@eventstore/db-client has no ${name}: the adapter is written for version 6.2.1`,
    );
  }
  Reflect.set(client, name, wrap(method as Method));
}
