import assert from 'node:assert/strict';
import { GROUP, USER } from '../support/scim-client.js';
import type { ApiResponse, ScimResponse, Service } from '../support/scim-client.js';
import type { AppUser } from '../walks/client.js';
import { presetOrganization, type PresetOrganization } from '../walks/preset-organization.js';
import { OrganizationModel, type ModelPolicies, type Outcome } from './organization-model.js';

export const GROUPS = ['Analysts', 'Builders', 'Curators'];
export const TEAMS = ['Analysts', 'Dispatchers'];

/** The service and the model side by side, with the ids that tell the model's people and groups to the service. */
export class World {
  private readonly model = new OrganizationModel();
  private readonly userIds = new Map<number, string>();
  private readonly groupIds = new Map<string, string>();
  private readonly teamIds: string[] = [];

  private constructor(private readonly at: PresetOrganization) {}

  static async create(running: Service): Promise<World> {
    const at = await presetOrganization('grafana', {
      service: running,
      policies: { ...new OrganizationModel().policies, matchingKey: 'userName' },
    });
    const world = new World(at);
    for (const name of TEAMS) {
      const { id } = await at.app.createTeam(name);
      world.teamIds.push(id);
      world.model.createTeam(id, name);
      world.model.mappings.set(`claimed ${name}`, id);
    }
    await at.app.setTeamSyncMappings(
      [...world.model.mappings].map(([externalGroup, teamId]) => ({ externalGroup, teamId })),
    );
    return world;
  }

  async push(person: number, displayName: string): Promise<void> {
    const answer = await this.at.scim('POST', '/Users', {
      schemas: [USER],
      userName: userName(person),
      displayName,
      active: true,
    });
    this.compare('push', answer, this.model.push(person, displayName));
    if (answer.status < 300) this.userIds.set(person, answer.body.id);
  }

  async state(
    person: number,
    change: { readonly active: boolean } | { readonly displayName: string },
  ): Promise<void> {
    const [[path, value] = []] = Object.entries(change);
    const answer = await this.at.patchUser(this.userId(person), { op: 'replace', path, value });
    this.compare(`state ${path}`, answer, this.model.state(person, change));
  }

  async deleteByProvider(person: number): Promise<void> {
    const answer = await this.at.scim('DELETE', `/Users/${this.userId(person)}`);
    this.compare('delete by the provider', answer, this.model.deleteByProvider(person));
  }

  async pushGroup(name: string, people: readonly number[]): Promise<void> {
    const members = people.filter((person) => this.model.users.has(person));
    const answer = await this.at.scim('POST', '/Groups', {
      schemas: [GROUP],
      displayName: name,
      members: this.values(members),
    });
    if (answer.status < 300) this.groupIds.set(name, answer.body.id);
    const made = answer.status < 300 && this.model.makesTeam(name);
    const created = made ? await this.linkedTeam(name) : null;
    this.compare('push a group', answer, this.model.pushGroup(name, members, created));
  }

  async changeMember(name: string, op: 'add' | 'remove', person: number): Promise<void> {
    const id = this.userId(person);
    const operation =
      op === 'add'
        ? { op, path: 'members', value: [{ value: id }] }
        : { op, path: `members[value eq "${id}"]` };
    const answer = await this.at.patchGroup(this.groupId(name), operation);
    const expected =
      op === 'add' ? this.model.addToGroup(name, person) : this.model.removeFromGroup(name, person);
    this.compare(`${op} a member`, answer, expected);
  }

  async replaceGroup(name: string, people: readonly number[]): Promise<void> {
    const members = people.filter((person) => this.model.users.has(person));
    const answer = await this.at.scim('PUT', `/Groups/${this.groupId(name)}`, {
      schemas: [GROUP],
      displayName: name,
      members: this.values(members),
    });
    this.compare('replace a group', answer, this.model.replaceGroup(name, members));
  }

  async deleteGroup(name: string): Promise<void> {
    const answer = await this.at.scim('DELETE', `/Groups/${this.groupId(name)}`);
    this.compare('delete a group', answer, this.model.deleteGroup(name));
  }

  async createUser(person: number, displayName: string): Promise<void> {
    const answer = await this.at.api('POST', '/users', { userName: userName(person), displayName });
    this.compare('create a user', answer, this.model.createUser(person, displayName));
    if (answer.status < 300) this.userIds.set(person, answer.body.id);
  }

  async editUser(person: number, displayName: string): Promise<void> {
    const answer = await this.at.api('PATCH', `/users/${this.userId(person)}`, { displayName });
    this.compare('edit a user', answer, this.model.editUser(person, displayName));
  }

  async deleteUser(person: number): Promise<void> {
    const answer = await this.at.api('DELETE', `/users/${this.userId(person)}`);
    this.compare('delete a user', answer, this.model.deleteUser(person));
  }

  async changeTeamMember(index: number, op: 'PUT' | 'DELETE', person: number): Promise<void> {
    const id = this.teamId(index);
    const answer = await this.at.api(op, `/teams/${id}/members/${this.userId(person)}`);
    const expected =
      op === 'PUT' ? this.model.addMember(id, person) : this.model.removeMember(id, person);
    this.compare(`${op} a team member`, answer, expected);
  }

  async link(name: string, index: number): Promise<void> {
    const teamId = this.teamId(index);
    const answer = await this.at.api('POST', `/group-links/${this.groupId(name)}`, { teamId });
    this.compare('link', answer, this.model.link(name, teamId));
  }

  async unlink(name: string): Promise<void> {
    const answer = await this.at.api('DELETE', `/group-links/${this.groupId(name)}`);
    this.compare('unlink', answer, this.model.unlink(name));
  }

  async signIn(person: number, claimed: readonly string[]): Promise<void> {
    const { decision, user } = await this.at.app.signIn(
      { userName: userName(person) },
      { groups: claimed.map((name) => `claimed ${name}`) },
    );
    const expected = this.model.signIn(
      person,
      claimed.map((name) => `claimed ${name}`),
    );
    assert.equal(decision, expected === 'done' ? 'allowed' : 'refused', 'sign in');
    if (decision === 'allowed' && user) this.userIds.set(person, user.id);
  }

  async setPolicy<Name extends keyof ModelPolicies>(
    name: Name,
    value: ModelPolicies[Name],
  ): Promise<void> {
    const answer = await this.at.api('PATCH', '/policies', { [name]: value });
    let expected: Outcome = 'done';
    if (name === 'teamSync') {
      expected = this.model.setTeamSync(value as ModelPolicies['teamSync']);
    } else this.model.policies[name] = value;
    this.compare(`policy ${name}`, answer, expected);
    await this.followBackfill();
  }

  async setEnabled(enabled: boolean): Promise<void> {
    const answer = await this.at.api('POST', `/scim/${enabled ? 'enable' : 'disable'}`);
    this.model.enabled = enabled;
    this.compare('enable', answer, 'done');
    await this.followBackfill();
  }

  /** Everything that administrators see of users, teams and grants. */
  async expectToAgree(): Promise<void> {
    const { items } = await this.at.app.users('?limit=200');
    const removed = await this.at.app.users('?limit=200&status=removed');
    const { model, userIds } = this;
    const seen = new Map([...items, ...removed.items].map((user) => [user.id, user]));
    const users = [...model.users.keys()].map((person) => {
      const user = seen.get(userIds.get(person) ?? '');
      return [userName(person), user && shown(user)];
    });
    assert.deepEqual(
      users,
      [...model.users.keys()].map((person) => [userName(person), this.expectedUser(person)]),
    );
    assert.equal(items.length, [...model.users.values()].filter(({ left }) => !left).length);
    const teams = await this.at.app.teams('?limit=200');
    const shownTeams = teams.map(({ id, name, archived, synced, memberCount }) => {
      return { id, name, archived, synced, memberCount };
    });
    assert.deepEqual(
      sorted(shownTeams),
      sorted(
        [...model.teams].map(([id, { name, archived, feeders }]) => ({
          id,
          name,
          archived,
          synced: feeders.size > 0,
          memberCount: [...model.users.keys()].filter(
            (person) => model.grants(id, person).length > 0,
          ).length,
        })),
      ),
    );
  }

  private expectedUser(person: number): object | undefined {
    const user = this.model.users.get(person);
    if (!user) return undefined;
    const { displayName, active, left, synced, origin, overrides } = user;
    const status = active ? 'active' : left ? 'removed' : 'disabled';
    const teams = [...this.model.teams.keys()].flatMap((id) => {
      const grants = this.model.grants(id, person);
      return grants.length > 0 ? [{ id, grants: [...grants].sort() }] : [];
    });
    return {
      displayName: displayName ?? undefined,
      status,
      synced,
      origin,
      overrides: [...overrides].sort(),
      teams: sorted(teams),
    };
  }

  private compare(what: string, answer: ApiResponse | ScimResponse, expected: Outcome): void {
    assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
    const outcome = answer.status < 300 ? 'done' : `refused (${answer.text})`;
    assert.equal(outcome.slice(0, expected.length), expected, `${what}: ${outcome}`);
  }

  private async followBackfill(): Promise<void> {
    for (const name of this.model.backfilled()) {
      const makes = this.model.makesTeam(name);
      this.model.backfill(name, makes ? await this.linkedTeam(name) : null);
    }
  }

  /** The team that the service made for a group. */
  private async linkedTeam(name: string): Promise<string> {
    const { team } = await this.at.app.groupLink(this.groupId(name));
    assert.ok(team, `group ${name} has no team`);
    this.teamIds.push(team.id);
    return team.id;
  }

  private values(people: readonly number[]): readonly { readonly value: string }[] {
    return people.map((person) => ({ value: this.userId(person) }));
  }

  private userId(person: number): string {
    return this.userIds.get(person) ?? `00000000-0000-7000-8000-00000000000${person}`;
  }

  private groupId(name: string): string {
    return this.groupIds.get(name) ?? `00000000-0000-7000-8000-0000000000f${GROUPS.indexOf(name)}`;
  }

  private teamId(index: number): string {
    const id = this.teamIds[index % this.teamIds.length];
    assert.ok(id !== undefined);
    return id;
  }
}

const userName = (person: number): string => `person-${person}@example.com`;

function shown({ displayName, status, synced, origin, overrides = [], teams }: AppUser): object {
  return {
    displayName,
    status,
    synced,
    origin,
    overrides: [...overrides].sort(),
    teams: sorted(teams.map(({ id, grants }) => ({ id, grants: [...grants].sort() }))),
  };
}

const sorted = <Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] =>
  [...items].sort((left, right) => (left.id < right.id ? -1 : 1));
