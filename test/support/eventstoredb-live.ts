import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** The server that `EVENTSTORE_URL` names when the tests are run; undefined without one. */
export const liveEventStoreUrl: string | undefined = process.env.EVENTSTORE_URL || undefined;

/** A beginning of stream names that no other run has, so that tests can use one server again and again. */
export const uniqueStreamPrefix = (): string => `test-${randomUUID()}-`;

/**
 * The connections that this process opens from now on, so that a test can break those to a server that it does not
 * control. Those to other places break too; who opens them reconnects.
 */
export function watchConnections(): { breakAll(): void; stop(): void } {
  const sockets = new Set<Socket>();
  const opened = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  subscribe('net.client.socket', opened);
  return {
    breakAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: () => {
      unsubscribe('net.client.socket', opened);
    },
  };
}
