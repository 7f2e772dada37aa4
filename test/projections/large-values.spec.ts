import { randomBytes } from 'node:crypto';
import type { GroupId, JsonObject, OrganizationId, UserId } from '../../src/domain/identifiers.js';
import { DirectoryProjection } from '../../src/projections/directory/directory.projection.js';
import { DirectoryQueries } from '../../src/projections/directory/directory.queries.js';
import { maxTextLength, maxUniqueLength } from '../../src/scim/attribute-value.js';
import { parseFilter } from '../../src/scim/filter.js';
import { groupType, userType } from '../../src/scim/schema.js';
import { openReadSide, type ReadSide } from './read-side.js';

const SCHEMA = 'directory_1';
const organization = 'acme' as OrganizationId;

/** CJK characters that no compression shortens. */
const incompressible = (length: number): string =>
  String.fromCharCode(
    ...Array.from(randomBytes(length), (byte, i) => 0x4e00 + byte * 64 + (i % 64)),
  );

describe('values at the limits that requests may reach', () => {
  let readSide: ReadSide;
  let queries: DirectoryQueries;
  let projection: DirectoryProjection;
  let made = 0;

  beforeAll(async () => {
    readSide = await openReadSide();
    projection = new DirectoryProjection(readSide.store);
    queries = new DirectoryQueries(readSide.pool, SCHEMA);
    await readSide.createTables(projection, SCHEMA);
    const event = { type: 'SyncEnabled', organization } as const;
    const enabled = await readSide.record([{ stream: 'organization-acme', organization, event }]);
    await readSide.apply(projection, SCHEMA, enabled);
  });
  afterAll(() => readSide.close());

  const newId = (): string => `00000000-0000-7000-8000-${String(made++).padStart(12, '0')}`;

  it.each<{ name: string; userName: string; profile: JsonObject }>([
    { name: 'userName', userName: incompressible(maxUniqueLength), profile: {} },
    { name: 'externalId', userName: 'a', profile: { externalId: incompressible(maxTextLength) } },
    { name: 'title', userName: 'b', profile: { title: incompressible(maxTextLength) } },
    // One character whose compatibility form has eighteen.
    { name: 'userName', userName: '\ufdfa'.repeat(maxUniqueLength), profile: {} },
  ])('a user is found by the longest $name', async ({ name, userName, profile }) => {
    const userId = newId() as UserId;
    const event = {
      type: 'UserProvisioned',
      userId,
      active: true,
      claimId: 'claim' as never,
      personal: { userName, profile },
    } as const;
    const stream = `user-acme-${userId}`;
    const events = await readSide.record([{ stream, organization, event }]);
    await readSide.apply(projection, SCHEMA, events);
    const given = { ...profile, userName }[name] as string;
    const start = given.slice(0, 1_000);
    const filter = parseFilter(userType, `${name} sw ${JSON.stringify(start)}`);
    const { resources } = await queries.users(organization, { filter, startIndex: 1, count: 2 });
    expect(resources.map(({ id }) => id)).toEqual([userId]);
  });

  it('a group is found by the longest displayName', async () => {
    const groupId = newId() as GroupId;
    const displayName = incompressible(maxUniqueLength);
    const event = {
      type: 'GroupCreated',
      groupId,
      displayName,
      externalId: incompressible(maxTextLength),
      claimId: null,
    } as const;
    const stream = `group-acme-${groupId}`;
    const events = await readSide.record([{ stream, organization, event }]);
    await readSide.apply(projection, SCHEMA, events);
    const start = displayName.slice(0, 1_000);
    const filter = parseFilter(groupType, `displayName sw ${JSON.stringify(start)}`);
    const page = await queries.groups(organization, { filter, startIndex: 1, count: 2 }, false);
    expect(page.resources.map(({ id }) => id)).toEqual([groupId]);
  });
});
