import { callApi, newOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
it('smoke', async () => {
  const service = await sharedService();
  const out: string[] = [];
  const get = async (m: string, p: string, b?: unknown, h = {}) => {
    const r = await callApi(service, m, p, b, h).catch((e) => ({ status: 0, text: String(e), headers: new Headers() }));
    out.push(`${m} ${p} → ${r.status} ${r.headers.get('content-type')} ${r.headers.get('location') ?? ''} ${r.text.slice(0, 600)}`);
    return r;
  };
  await get('GET', '/readyz'); await get('GET', '/healthz'); await get('GET', '/metrics'); 
  const o = await newOrganization(service).catch((e) => { out.push(String(e)); return undefined; });
  if (o) {
    const base = `/api/organizations/${o.slug}`;
    const u = await o.createUser({ displayName: 'Ada', name: { givenName: 'Ada' } });
    const g = await o.createGroup({ members: [{ value: u.id }] });
    for (const p of ['', '/policies', '/scim', '/scim/tokens', '/users', `/users/${u.id}`, '/teams', '/history', '/history?limit=2', '/users?limit=0&synced=x', '/users?foo=1&q=%00', '/teams/x', '/nope'])
      await get('GET', base + p);
    await get('POST', base + '/scim/tokens', { name: 'a', expiresAt: '2001-01-01T00:00:00Z' });
    await get('POST', base + '/scim/tokens', { name: 7, nme: 1 });
    await get('POST', base + '/scim/tokens', [{ name: 7 }]);
    await get('POST', base + '/scim/tokens', '{');
    await get('PATCH', base + '/policies', { groupNames: 'any' });
    await get('PATCH', base + '/policies', { x: 'any' });
    await get('PATCH', base + '/policies', { groupNames: 3 });
    await get('POST', base + '/scim/disable'); await get('POST', base + '/scim/enable');
    await get('GET', base, undefined, { authorization: null });
    await get('GET', base, undefined, { authorization: 'Bearer nope' });
    await get('POST', '/api/organizations', { slug: o.slug, displayName: 'x' });
    await get('GET', '/docs-json'); await get('GET', '/docs/openapi.json'); await get('GET', '/docs');await get('GET', '/xyz');
  }
  console.log(out.join('\n'));
}, 60000);
