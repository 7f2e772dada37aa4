import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { TestOrganization, callApi } from '../support/scim-client.js';
import type {
  Attributes,
  RequestHeaders,
  ScimDocument,
  ScimResponse,
  Service,
} from '../support/scim-client.js';
import { sharedService } from '../support/service.js';
import { ManagementClient } from './client.js';

export type Preset = 'dagster' | 'grafana' | 'dbt';

export interface PresetOptions {
  /** Set after the preset. */
  readonly policies?: Attributes;
  /** Default true. A token is issued either way. */
  readonly enableScim?: boolean;
  /** Default: the one that all walks share. */
  readonly service?: Service;
}

/** An organization that follows a preset: SCIM as the identity provider sees it, and `app`, the management API. */
export class PresetOrganization extends TestOrganization {
  readonly app: ManagementClient;

  constructor(service: Service, slug: string, token: string) {
    super(service, slug, token);
    this.app = new ManagementClient(service, slug);
  }

  /** Also checks that every body is `application/scim+json`, and that what was written keeps its id. */
  override async scim(
    method: string,
    path: string,
    body?: unknown,
    headers: RequestHeaders = {},
  ): Promise<ScimResponse> {
    const response = await super.scim(method, path, body, headers);
    const shown = `${method} ${path}: ${response.status} ${response.text}`;
    if (response.text !== '') {
      assert.match(response.headers.get('content-type') ?? '', /^application\/scim\+json\b/, shown);
    }
    const wrote = ['POST', 'PUT', 'PATCH'].includes(method) && response.status < 300;
    if (wrote && response.text !== '') await this.expectStableId(response.body);
    return response;
  }

  private async expectStableId({ id, meta }: ScimDocument): Promise<void> {
    assert.equal(meta.location, `${this.scimUrl}/${meta.resourceType}s/${id}`);
    const { body } = await super.scim('GET', meta.location);
    assert.deepEqual([body.id, body.meta?.created], [id, meta.created]);
  }
}

/** Makes an organization by `POST /api/organizations {preset}`, with one token and, by default, SCIM on. */
export async function presetOrganization(
  preset: Preset,
  { policies, enableScim = true, service }: PresetOptions = {},
): Promise<PresetOrganization> {
  const at = service ?? (await sharedService());
  const slug = `${preset}-${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const organization = { slug, displayName: `Walk of ${preset}`, preset };
  const created = await callApi(at, 'POST', '/api/organizations', organization);
  assert.equal(created.status, 201, created.text);
  const app = new ManagementClient(at, slug);
  if (policies !== undefined) await app.setPolicies(policies);
  const { token } = await app.issueToken('the identity provider');
  if (enableScim) await app.enableScim();
  return new PresetOrganization(at, slug, token);
}
