import { randomUUID } from 'node:crypto';
import { callApi, type ApiResponse, type Service } from '../support/scim-client.js';

export const ROLES = ['owner', 'administrator', 'auditor', 'operator', 'application'] as const;
export type Role = (typeof ROLES)[number];

/** A key, and the service as that key sees it. */
export interface IssuedKey extends Service {
  readonly id: string;
  readonly role: Role;
  readonly organization: string | undefined;
}

/** @param organization undefined: every one */
export async function issueKey(
  service: Service,
  role: Role,
  organization?: string,
): Promise<IssuedKey> {
  const body = { name: randomUUID(), role, organization };
  const { status, body: issued, text } = await callApi(service, 'POST', '/api/keys', body);
  if (status !== 201) throw new Error(text);
  return { url: service.url, adminKey: String(issued['key']), id: issued.id, role, organization };
}

export const revokeKey = (service: Service, id: string): Promise<ApiResponse> =>
  callApi(service, 'DELETE', `/api/keys/${id}`);
