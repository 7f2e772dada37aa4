import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../support/database.js';
import { eventually, newOrganization } from '../support/scim-client.js';
import { startService } from '../support/service.js';
import { request } from './request.js';

/** A way to the database that, while it is silent, breaks what there is and takes connections that are never served. */
class SilentPassage {
  silent = false;
  private readonly sockets = new Set<net.Socket>();
  private readonly server: net.Server;

  constructor(private readonly databaseUrl: string) {
    const target = new URL(databaseUrl);
    this.server = net.createServer((client) => {
      this.keep(client);
      if (this.silent) return;
      const upstream = net.connect(Number(target.port), target.hostname);
      this.keep(upstream);
      for (const socket of [client, upstream]) {
        socket.on('close', () => {
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.databaseUrl);
    url.port = String((this.server.address() as net.AddressInfo).port);
    return url.href;
  }

  breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.breakAll();
  }

  private keep(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}

it.each(['all', 'api'])(
  'a %s instance serves again after a database took connections and said nothing',
  async (role) => {
    const { url: databaseUrl } = await createTestDatabase();
    const passage = new SilentPassage(databaseUrl);
    const env = { ROLLCALL_ROLE: role };
    const service = await startService({ databaseUrl: await passage.open(), env });
    try {
      const organization = await newOrganization(service);
      const { id } = await organization.createUser();
      passage.silent = true;
      passage.breakAll();
      await sleep(2_000);
      passage.silent = false;
      const { slug, token } = organization;
      const at = { slug, token, urls: [] };
      const read = () => request(at, service.url, 'GET', `/Users/${id}`);
      const { status } = await eventually(read, (answer) => answer.status === 200, 20_000);
      expect(status).toBe(200);
      expect(service.output()).not.toMatch(/unhandled|TypeError/i);
      expect(await service.stop()).toBe(0);
    } finally {
      passage.close();
      await service.kill('SIGKILL');
    }
  },
  60_000,
);
