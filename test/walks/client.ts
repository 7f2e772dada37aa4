import assert from 'node:assert/strict';
import { callApi } from '../support/scim-client.js';
import type { ApiResponse, Attributes, RequestHeaders, Service } from '../support/scim-client.js';

export type Grant = 'scim' | 'manual' | 'sign-in';

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface AppUser {
  readonly id: string;
  readonly userName: string;
  readonly externalId?: string;
  readonly displayName?: string;
  readonly name?: Readonly<Record<string, string>>;
  readonly emails: readonly { readonly value: string }[];
  readonly status: 'active' | 'disabled' | 'removed';
  readonly synced: boolean;
  readonly origin: 'scim' | 'sign-in' | 'manual' | 'api';
  readonly role?: string;
  readonly license?: string;
  readonly teams: readonly (Named & { readonly grants: readonly Grant[] })[];
  readonly overrides?: readonly string[];
  readonly defaults?: Readonly<Record<string, string>>;
  readonly predecessorId?: string;
  readonly warnings?: readonly string[];
}

export interface UserPage {
  readonly items: readonly AppUser[];
  readonly total: number;
  readonly counts: { readonly synced: number; readonly unsynced: number };
}

export interface AppTeam extends Named {
  readonly synced: boolean;
  readonly archived: boolean;
  readonly overridden?: boolean;
  readonly groups: readonly { readonly id: string; readonly displayName: string }[];
  readonly memberCount: number;
  readonly createdAt: string;
  readonly warnings?: readonly string[];
}

export interface TeamMember {
  readonly id: string;
  readonly userName: string;
  readonly status: AppUser['status'];
  readonly grants: readonly Grant[];
  readonly override?: unknown;
  readonly warnings?: readonly string[];
}

export interface GroupLink {
  readonly groupId: string;
  readonly displayName: string;
  readonly state: 'linked' | 'pending' | 'unmapped' | 'unlinked';
  readonly team?: Named;
  readonly candidates?: readonly Named[];
  readonly joining: readonly string[];
  readonly leaving: readonly string[];
}

export interface SignIn {
  readonly decision: 'allowed' | 'refused';
  readonly reason: string;
  readonly detail: string;
  readonly user?: AppUser;
  readonly role?: string;
  readonly teams?: readonly Named[];
}

/** Who signs in: the subject is the identity provider's id, where the user has one. */
export interface Person {
  readonly userName: string;
  readonly externalId?: unknown;
}

export interface Effects {
  readonly users: readonly { readonly id: string; readonly effect: string }[];
  readonly groups: readonly { readonly id: string; readonly effect: string }[];
  readonly teams: readonly { readonly name: string; readonly effect: string }[];
  readonly locks: readonly { readonly kind: string; readonly id: string }[];
}

export interface Connection {
  readonly enabled: boolean;
  readonly baseUrl: string;
  readonly provider: string;
  readonly preconditions: readonly { readonly name: string; readonly met: boolean }[];
}

export interface Token extends Named {
  readonly lastUsedAt?: string;
  readonly lastUsedBy?: string;
}

export interface HistoryEntry {
  readonly position: string;
  readonly occurredAt: string;
  readonly type: string;
  readonly actor: { readonly kind: string; readonly id?: string; readonly name?: string };
  readonly subject: { readonly kind: string; readonly id: string };
  readonly sentence: string;
}

export interface TeamSyncMapping {
  readonly externalGroup: string;
  readonly teamId: string;
}

export interface MigrationPlan {
  readonly links: readonly {
    readonly externalGroup: string;
    readonly team: Named;
    readonly group: { readonly id: string; readonly displayName: string } | null;
    readonly matchedBy: 'externalId' | 'displayName' | null;
    readonly gained: readonly string[];
    readonly lost: readonly string[];
  }[];
}

export interface Override {
  readonly kind: 'user' | 'team' | 'membership';
  readonly [member: string]: unknown;
}

/** A row of the request log, with the members the walks read by name; the rest is searched as text. */
export interface LoggedRequest {
  readonly method: string;
  readonly status: number;
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly ignored?: readonly string[];
  readonly refusal?: { readonly reason: string; readonly explanation: string };
  readonly diagnosis?: unknown;
  readonly [member: string]: unknown;
}

/**
 * One organization's part of the management API, as who holds `key` sees it. Every method but
 * {@link call} expects success.
 */
export class ManagementClient {
  constructor(
    private readonly service: Service,
    private readonly slug: string,
    private readonly key = service.adminKey,
  ) {}

  as(key: string): ManagementClient {
    return new ManagementClient(this.service, this.slug, key);
  }

  /** Sends one request below `/api/organizations/{slug}`, whatever the answer. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers: RequestHeaders = {},
  ): Promise<ApiResponse> {
    return callApi(this.service, method, `/api/organizations/${this.slug}${path}`, body, {
      authorization: `Bearer ${this.key}`,
      ...headers,
    });
  }

  policies(): Promise<Attributes> {
    return this.ask('GET', '/policies');
  }

  setPolicies(policies: Attributes): Promise<Attributes> {
    return this.ask('PATCH', '/policies', policies);
  }

  async previewPolicies(policies: Attributes): Promise<Effects> {
    const preview = this.ask<{ effects: Effects }>('PATCH', '/policies?dryRun=true', policies);
    return (await preview).effects;
  }

  connection(): Promise<Connection> {
    return this.ask('GET', '/scim');
  }

  enableScim(): Promise<Connection> {
    return this.ask('POST', '/scim/enable');
  }

  async previewEnabling(): Promise<Effects> {
    return (await this.ask<{ effects: Effects }>('POST', '/scim/enable?dryRun=true')).effects;
  }

  disableScim(): Promise<Connection> {
    return this.ask('POST', '/scim/disable');
  }

  setup(provider?: string): Promise<Attributes> {
    return this.ask('GET', `/scim/setup${provider === undefined ? '' : `?provider=${provider}`}`);
  }

  requests(query = ''): Promise<readonly LoggedRequest[]> {
    return this.list(`/scim/requests${query}`);
  }

  issueToken(name: string): Promise<Named & { readonly token: string }> {
    return this.ask('POST', '/scim/tokens', { name });
  }

  tokens(): Promise<readonly Token[]> {
    return this.list('/scim/tokens');
  }

  revokeToken(id: string): Promise<void> {
    return this.ask('DELETE', `/scim/tokens/${id}`);
  }

  users(query = ''): Promise<UserPage> {
    return this.ask('GET', `/users${query}`);
  }

  user(id: string): Promise<AppUser> {
    return this.ask('GET', `/users/${id}`);
  }

  createUser(user: Attributes, headers: RequestHeaders = {}): Promise<AppUser> {
    return this.ask('POST', '/users', user, headers);
  }

  updateUser(id: string, changes: Attributes): Promise<AppUser> {
    return this.ask('PATCH', `/users/${id}`, changes);
  }

  deleteUser(id: string): Promise<void> {
    return this.ask('DELETE', `/users/${id}`);
  }

  teams(query = ''): Promise<readonly AppTeam[]> {
    return this.list(`/teams${query}`);
  }

  team(id: string): Promise<AppTeam> {
    return this.ask('GET', `/teams/${id}`);
  }

  createTeam(name: string): Promise<AppTeam> {
    return this.ask('POST', '/teams', { name });
  }

  updateTeam(id: string, changes: Attributes): Promise<AppTeam> {
    return this.ask('PATCH', `/teams/${id}`, changes);
  }

  deleteTeam(id: string): Promise<void> {
    return this.ask('DELETE', `/teams/${id}`);
  }

  restoreTeam(id: string): Promise<AppTeam> {
    return this.ask('POST', `/teams/${id}/restore`);
  }

  members(teamId: string): Promise<readonly TeamMember[]> {
    return this.list(`/teams/${teamId}/members`);
  }

  addMember(teamId: string, userId: string): Promise<TeamMember> {
    return this.ask('PUT', `/teams/${teamId}/members/${userId}`);
  }

  removeMember(teamId: string, userId: string): Promise<void> {
    return this.ask('DELETE', `/teams/${teamId}/members/${userId}`);
  }

  groupLinks(): Promise<readonly GroupLink[]> {
    return this.list('/group-links');
  }

  /** @throws AssertionError when no such group waits for a link or has one */
  async groupLink(groupId: string): Promise<GroupLink> {
    const found = (await this.groupLinks()).find((link) => link.groupId === groupId);
    assert.ok(found, `no link or decision for group ${groupId}`);
    return found;
  }

  decideLink(
    groupId: string,
    decision: { readonly teamId: string } | { readonly createTeam: true },
  ): Promise<GroupLink> {
    return this.ask('POST', `/group-links/${groupId}`, decision);
  }

  unlink(groupId: string): Promise<GroupLink> {
    return this.ask('DELETE', `/group-links/${groupId}`);
  }

  /** Asks for the decision after `person` has authenticated, with what else the identity provider claims. */
  signIn(person: Person, claims: Attributes = {}): Promise<SignIn> {
    const { userName, externalId = userName } = person;
    return this.ask('POST', '/sign-ins', {
      subject: String(externalId),
      userName,
      email: userName,
      ...claims,
    });
  }

  teamSyncMappings(): Promise<readonly TeamSyncMapping[]> {
    return this.list('/team-sync/mappings');
  }

  async setTeamSyncMappings(mappings: readonly TeamSyncMapping[]): Promise<void> {
    await this.ask('PUT', '/team-sync/mappings', mappings);
  }

  planMigration(): Promise<MigrationPlan> {
    return this.ask('POST', '/team-sync/migration');
  }

  commitMigration(): Promise<MigrationPlan> {
    return this.ask('POST', '/team-sync/migration/commit');
  }

  async rollBackMigration(): Promise<void> {
    await this.ask('POST', '/team-sync/migration/rollback');
  }

  overrides(): Promise<readonly Override[]> {
    return this.list('/overrides');
  }

  /** The newest first. */
  history(query = ''): Promise<readonly HistoryEntry[]> {
    return this.list(`/history${query}`);
  }

  private async list<Item>(path: string): Promise<readonly Item[]> {
    return (await this.ask<{ items: readonly Item[] }>('GET', path)).items;
  }

  private async ask<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers?: RequestHeaders,
  ): Promise<Body> {
    const { status, text } = await this.call(method, path, body, headers);
    assert.ok(status >= 200 && status < 300, `${method} ${path}: ${status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Body;
  }
}

/** Issues a key to the management API, of one organization when `organization` names it. */
export async function issueKey(
  service: Service,
  options: { readonly name: string; readonly role: string; readonly organization?: string },
): Promise<string> {
  const { status, text } = await callApi(service, 'POST', '/api/keys', options);
  assert.equal(status, 201, text);
  return (JSON.parse(text) as { key: string }).key;
}
