import { ipRange, isInRanges } from '../../src/http/ip-ranges.js';
import { expectScimError, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';

const inRange = (address: string, ...ranges: readonly string[]): boolean =>
  isInRanges(
    address,
    ranges.map((range) => ipRange(range)!),
  );

it.each([
  ['203.0.113.7', '203.0.113.0/24', true],
  ['203.0.114.7', '203.0.113.0/24', false],
  ['203.0.113.7', '203.0.113.7', true],
  ['203.0.113.7', '0.0.0.0/0', true],
  ['::ffff:203.0.113.7', '203.0.113.0/24', true],
  ['203.0.113.7', '::ffff:203.0.113.0/120', true],
  ['203.0.114.7', '::ffff:203.0.113.0/120', false],
  ['::ffff:203.0.113.7', '0.0.0.0/0', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['2001:db8::1', '0.0.0.0/0', false],
  ['203.0.113.7', '::/0', false],
  ['nonsense', '0.0.0.0/0', false],
])('%s in %s: %s', (address, range, expected) => {
  expect(inRange(address, range)).toBe(expected);
});

it.each(['10.0.0.0/33', '10.0.0/8/8', 'fe80::/200', 'example.com', ''])(
  '%s is no range',
  (text) => {
    expect(ipRange(text)).toBeUndefined();
  },
);

describe('of an organization', () => {
  let service: RunningService;
  let organization: TestOrganization;

  beforeAll(async () => {
    service = await startService({ env: { ROLLCALL_TRUST_PROXY: '127.0.0.1' } });
    organization = await newOrganization(service);
  }, 60_000);
  afterAll(() => service.kill());

  const from = (address: string) =>
    organization.scim('GET', '/Users', undefined, { 'x-forwarded-for': address });
  const allow = (...ipAllowlist: readonly string[]) =>
    organization.api('PATCH', '/policies', { ipAllowlist });

  it('lets everybody in while it is empty', async () => {
    await allow();
    expect((await from('198.51.100.9')).status).toBe(200);
  });

  it('R93 refuses other addresses by name, until they are added', async () => {
    await allow('203.0.113.0/24');
    expect((await from('203.0.113.7')).status).toBe(200);
    const refused = await from('198.51.100.9');
    expectScimError(refused, 403);
    expect(refused.body.detail).toContain('198.51.100.9');
    const { body } = await organization.api('GET', '/scim/requests?outcome=refused');
    expect(body.items[0]).toMatchObject({
      sourceIp: '198.51.100.9',
      refusal: { reason: 'ip-not-allowed' },
    });
    await allow('203.0.113.0/24', '198.51.100.9/32');
    expect((await from('198.51.100.9')).status).toBe(200);
  });

  it('takes the address next to the trusted proxy, not what the client claims', async () => {
    await allow('203.0.113.0/24');
    expectScimError(await from('203.0.113.7, 198.51.100.9'), 403);
  });

  it('learns nothing of the organization from elsewhere, even with its token', async () => {
    await allow('203.0.113.0/24');
    await organization.api('POST', '/scim/disable');
    const { body } = await from('198.51.100.9');
    expect(body.detail).toContain('198.51.100.9');
    await organization.api('POST', '/scim/enable');
  });

  it('refuses a wrong token in the same way from everywhere', async () => {
    await allow('203.0.113.0/24');
    const stranger = { 'x-forwarded-for': '198.51.100.9', authorization: 'Bearer wrong' };
    expectScimError(await organization.scim('GET', '/Users', undefined, stranger), 401);
  });

  it.each(['300.1.1.0/24', '10.0.0.0/40', 'fe80::/129'])(
    'refuses the range %s, which would let nobody in',
    async (range) => {
      const { status, text } = await allow(range);
      expect(status).toBe(400);
      expect(text).toContain('ipAllowlist');
    },
  );
});

it('does not believe X-Forwarded-For from whoever sends it', async () => {
  const service = await startService();
  try {
    const organization = await newOrganization(service);
    await organization.api('PATCH', '/policies', { ipAllowlist: ['203.0.113.0/24'] });
    const claim = { 'x-forwarded-for': '203.0.113.7' };
    expectScimError(await organization.scim('GET', '/Users', undefined, claim), 403);
  } finally {
    await service.kill();
  }
}, 60_000);
