import type { TestOrganization } from '../support/scim-client.js';

/** Types of the events that the history shows, the oldest first. @param query as `user=…` */
export async function story(organization: TestOrganization, query: string): Promise<string[]> {
  const { body } = await organization.api('GET', `/history?limit=200&${query}`);
  return body.items.map(({ type }) => type).reverse();
}

/** Runs `act`, and tells which events the organization's history gained by it, the oldest first. */
export async function appended(
  organization: TestOrganization,
  act: () => Promise<unknown>,
): Promise<string[]> {
  const before = await story(organization, '');
  await act();
  return (await story(organization, '')).slice(before.length);
}
