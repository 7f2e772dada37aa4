import { newOrganization, randomUserName, USER } from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';

let service: RunningService;
let organization: TestOrganization;

beforeAll(async () => {
  service = await startService();
  organization = await newOrganization(service);
});
afterAll(() => service.kill());

async function countOf(quirk: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const metric = `rollcall_scim_quirks_total{quirk="${quirk}"} `;
  const line = text.split('\n').find((each) => each.startsWith(metric));
  return Number(line?.slice(metric.length));
}

it('tells of quirks that nobody has used', async () => {
  expect(await countOf('bare-reference')).toBe(0);
});

it('counts the quirks of a POST', async () => {
  const user = { schemas: [USER], userName: randomUserName(), active: 'True', displayName: '' };
  expect((await organization.scim('POST', '/Users', user)).status).toBe(201);
  expect(await countOf('string-boolean')).toBe(1);
  expect(await countOf('empty-string')).toBe(1);
});

it('counts the quirks of a PATCH, each time', async () => {
  const { id } = await organization.createUser();
  const replace = (title: string) => ({ op: 'Replace', path: 'title', value: title });
  await organization.patchUser(id, replace('a'), replace('b'));
  expect(await countOf('capitalized-operation')).toBe(2);
});

it('counts nothing of a request that conforms', async () => {
  const before = await (await fetch(`${service.url}/metrics`)).text();
  await organization.createUser({ active: true });
  await organization.createGroup();
  const after = await (await fetch(`${service.url}/metrics`)).text();
  const quirks = (text: string) =>
    text.split('\n').filter((line) => line.startsWith('rollcall_scim_quirks_total'));
  expect(quirks(after)).toEqual(quirks(before));
});
