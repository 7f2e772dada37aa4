import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createTestDatabase } from '../support/database.js';
import { eventually, newOrganization, USER } from '../support/scim-client.js';
import { freePort, startService } from '../support/service.js';
import { request } from './request.js';

/** Where tables are filled anew from the log: a provider that was told that its users are gone would make them again. */

const tables: Readonly<Record<string, string>> = { access: 'tokens', directory: 'users' };

/** Empties all that is filled from the log, and lets the projection come to no end until the connection ends. */
async function emptied(databaseUrl: string, heldBack: string): Promise<pg.Client> {
  const blocker = new pg.Client({ connectionString: databaseUrl });
  await blocker.connect();
  const { rows } = await blocker.query<{ generation: string; tables: string }>(`
    SELECT generation, string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables
    FROM projections.checkpoints JOIN pg_tables ON schemaname = generation GROUP BY generation`);
  for (const each of rows) await blocker.query(`TRUNCATE ${each.tables}`);
  await blocker.query('UPDATE projections.checkpoints SET position = 0');
  const { generation } = rows.find((each) => each.generation.startsWith(heldBack))!;
  await blocker.query(`BEGIN; LOCK TABLE ${generation}.${tables[heldBack]} IN EXCLUSIVE MODE`);
  return blocker;
}

it.each(['access', 'directory'])(
  'nothing is told to be missing, and nobody turned away, while %s is filled anew',
  async (projection) => {
    const databaseUrl = (await createTestDatabase()).url;
    const adminKey = randomUUID();
    const before = await startService({ databaseUrl, adminKey });
    const organization = await newOrganization(before);
    const subject = randomUUID();
    const { id, userName } = await organization.createUser({ externalId: subject, active: false });
    await before.stop();

    const blocker = await emptied(databaseUrl, projection);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const starting = startService({ databaseUrl, adminKey, port });
    const { slug, token } = organization;
    const scim = (method: string, path: string, body?: unknown) =>
      request({ slug, token, urls: [] }, url, method, path, body);
    const lookUp = () =>
      scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`);
    try {
      const live = () =>
        fetch(`${url}/healthz`)
          .then(({ ok }) => ok)
          .catch(() => false);
      await eventually(live, (isLive) => isLive, 20_000);
      const asked = [
        lookUp(),
        scim('GET', `/Users/${id}`),
        scim('GET', '/Groups'),
        scim('POST', '/Users', { schemas: [USER], userName: randomUUID() }),
        scim('DELETE', `/Users/${id}`),
      ];
      const answers = await Promise.all(asked);
      expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 503));
      const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
      const known = await fetch(`${url}/api/organizations/${slug}`, { headers });
      expect(known.status).toBe(projection === 'access' ? 503 : 200);
      // Who is not found would be taken for somebody new, and let in.
      const signIn = await fetch(`${url}/api/organizations/${slug}/sign-ins`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ subject, userName: randomUUID() }),
      });
      expect(signIn.status).toBe(503);
      expect((await fetch(`${url}/startupz`)).status).toBe(503);
    } finally {
      await blocker.end();
    }
    const after = await starting;
    expect((await fetch(`${url}/startupz`)).status).toBe(200);
    expect((await lookUp()).body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    await after.stop();
  },
  60_000,
);
