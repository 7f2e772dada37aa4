import {
  claimStream,
  groupStream,
  teamStream,
  tokenStream,
  userStream,
} from '../../src/commands/streams.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import { organizationOf } from '../domain/facts.js';
import { enabledOrganization, openLog, writeSide, type Log } from './write-side.js';

const acme = 'acme' as OrganizationId;
const acmeEu = 'acme-eu' as OrganizationId;
const uuid = '0193e0c0-0000-7000-8000-00000000000a';

const notUuids = [
  `eu-${uuid}`,
  `-${uuid}`,
  `${uuid}\n`,
  `${uuid}-`,
  ` ${uuid}`,
  uuid.toUpperCase(),
  uuid.replaceAll('-', ''),
  '../acme-eu',
  '',
  "' OR 1=1 --",
  '__proto__',
];

const streams = [
  { name: 'user', streamOf: userStream },
  { name: 'group', streamOf: groupStream },
  { name: 'token', streamOf: tokenStream },
  { name: 'team', streamOf: teamStream },
];

describe.each(streams)('the stream of a $name', ({ name, streamOf }) => {
  it('is named by organization and id', () => {
    expect(streamOf(acme, uuid)).toBe(`${name}-acme-${uuid}`);
  });

  it.each(notUuids)('does not exist for the id %j', (id) => {
    expect(() => streamOf(acme, id)).toThrow(`${name}-unknown`);
  });
});

describe('the stream of a name', () => {
  const owner = (organization: OrganizationId, nameKey = 'a2V5') => ({
    ...organizationOf(),
    organization,
    nameKey,
  });

  it.each([
    ['ada', 'ADA'],
    ['straße', 'STRASSE'],
    ['ﬁ', 'fi'],
    ['é', 'e\u0301'],
    ['Σς', 'σσ'],
  ])('is one for %s and %s', (a, b) => {
    expect(claimStream(owner(acme), 'userName', a)).toBe(claimStream(owner(acme), 'userName', b));
  });

  it.each([
    { what: 'names', other: claimStream(owner(acme), 'userName', 'bob') },
    { what: 'kinds', other: claimStream(owner(acme), 'groupName', 'ada') },
    { what: 'organizations', other: claimStream(owner(acmeEu), 'userName', 'ada') },
    { what: 'keys', other: claimStream(owner(acme, 'b3RoZXI'), 'userName', 'ada') },
    {
      what: 'kinds and names with a line between',
      other: claimStream(owner(acme), 'userName', 'x\nada'),
    },
  ])('differs for other $what', ({ other }) => {
    expect(claimStream(owner(acme), 'userName', 'ada')).not.toBe(other);
  });

  it('does not tell the name', () => {
    expect(claimStream(owner(acme), 'userName', 'ada')).not.toContain('ada');
  });
});

describe('an organization whose name begins the name of another', () => {
  let log: Log;
  let inAcme: ReturnType<typeof writeSide>;
  let user: string;
  let group: string;

  beforeAll(async () => {
    log = await openLog();
    await enabledOrganization(log.store, acme);
    await enabledOrganization(log.store, acmeEu);
    inAcme = writeSide(log.store, acme);
    const inAcmeEu = writeSide(log.store, acmeEu);
    user = (await inAcmeEu.postUser({ userName: 'ada' })).id;
    group = (await inAcmeEu.postGroup({ displayName: 'Engineers', members: [{ value: user }] })).id;
  });
  afterAll(() => log.close());

  const spellings = (id: string): readonly string[] => [id, `eu-${id}`];

  it.each([
    { what: 'PUT of a user', run: (id: string) => inAcme.putUser(id, { userName: 'x' }) },
    { what: 'PATCH of a user', run: (id: string) => inAcme.patchUser(id) },
    { what: 'DELETE of a user', run: (id: string) => inAcme.deleteUser(id) },
  ])('does not reach it by $what', async ({ run }) => {
    for (const id of spellings(user)) {
      await expect(run(id)).rejects.toMatchObject({ reason: 'user-unknown' });
    }
  });

  it.each([
    { what: 'PUT of a group', run: (id: string) => inAcme.putGroup(id, { displayName: 'x' }) },
    { what: 'PATCH of a group', run: (id: string) => inAcme.patchGroup(id) },
    { what: 'DELETE of a group', run: (id: string) => inAcme.deleteGroup(id) },
  ])('does not reach it by $what', async ({ run }) => {
    for (const id of spellings(group)) {
      await expect(run(id)).rejects.toMatchObject({ reason: 'group-unknown' });
    }
  });

  it('does not take its users into groups', async () => {
    for (const value of spellings(user)) {
      await expect(
        inAcme.postGroup({ displayName: 'Spies', members: [{ value }] }),
      ).rejects.toMatchObject({ reason: 'member-unknown' });
    }
  });
});
