/*
 * What the directory rules come to, said a second time and as simply as possible: no events, no concurrency, plain
 * sets. It knows people and groups by number and teams by their ids, which the service gives.
 */

export type Person = number;
export type GroupName = string;
export type TeamId = string;
export type Grant = 'scim' | 'manual' | 'sign-in';

export interface ModelPolicies {
  onDeactivate: 'remove' | 'disable';
  manualUpdates: 'locked' | 'warn';
  manualDelete: 'refuse' | 'allow';
  appCreatedUsers: 'refuse' | 'allow';
  groupMapping: 'ask' | 'strict' | 'create' | 'link-by-name';
  onGroupDelete: 'delete' | 'archive' | 'unlink';
  teamSync: 'off' | 'scim' | 'sign-in';
  allowSignUp: boolean;
  rejectNonProvisioned: boolean;
}

export interface ModelUser {
  displayName: string | null;
  active: boolean;
  left: boolean;
  synced: boolean;
  readonly origin: 'scim' | 'sign-in' | 'manual';
  readonly overrides: Set<string>;
  signIn: { era: number; teams: Set<TeamId> } | null;
}

interface ModelGroup {
  readonly members: Set<Person>;
  team: TeamId | null;
  keptApart: boolean;
}

interface ModelTeam {
  readonly name: string;
  archived: boolean;
  readonly feeders: Set<GroupName>;
  readonly manual: Set<Person>;
  readonly excluded: Set<Person>;
}

/** Whether the service is to do it, or to refuse it. */
export type Outcome = 'done' | 'refused';

export class OrganizationModel {
  enabled = true;
  readonly users = new Map<Person, ModelUser>();
  readonly groups = new Map<GroupName, ModelGroup>();
  readonly teams = new Map<TeamId, ModelTeam>();
  readonly mappings = new Map<string, TeamId>();
  private era: number | null = null;
  private eras = 0;
  readonly policies: ModelPolicies = {
    onDeactivate: 'disable',
    manualUpdates: 'warn',
    manualDelete: 'refuse',
    appCreatedUsers: 'allow',
    groupMapping: 'create',
    onGroupDelete: 'archive',
    teamSync: 'scim',
    allowSignUp: true,
    rejectNonProvisioned: false,
  };

  /** POST of an active user. */
  push(person: Person, displayName: string): Outcome {
    const user = this.users.get(person);
    if (!this.enabled || user?.synced) return 'refused';
    if (user) {
      Object.assign(user, { synced: true, active: true, left: false, displayName });
      user.overrides.clear();
      return 'done';
    }
    this.users.set(person, newUser('scim', displayName));
    return 'done';
  }

  /** PATCH of one attribute of a user. */
  state(person: Person, change: { active: boolean } | { displayName: string }): Outcome {
    const user = this.users.get(person);
    if (!this.enabled || !user) return 'refused';
    user.synced = true;
    if ('active' in change) this.activate(user, change.active);
    else user.displayName = change.displayName;
    user.overrides.delete('active' in change ? 'active' : 'displayName');
    return 'done';
  }

  deleteByProvider(person: Person): Outcome {
    if (!this.enabled || !this.users.has(person)) return 'refused';
    this.forget(person);
    return 'done';
  }

  /** @param created the id of the team that the service made for the group, if it made one */
  pushGroup(name: GroupName, members: readonly Person[], created: TeamId | null): Outcome {
    if (!this.enabled || this.groups.has(name)) return 'refused';
    const group: ModelGroup = { members: new Set(members), team: null, keptApart: false };
    this.groups.set(name, group);
    this.linkByPolicy(name, group, created);
    return 'done';
  }

  /** Whether a push of the group makes a new team. */
  makesTeam(name: GroupName): boolean {
    const { groupMapping, teamSync } = this.policies;
    if (teamSync !== 'scim' || !this.enabled || groupMapping === 'strict') return false;
    return groupMapping === 'create' || this.externalTeams(name).length === 0;
  }

  addToGroup(name: GroupName, person: Person): Outcome {
    const group = this.groups.get(name);
    if (!this.enabled || !group || !this.users.has(person)) return 'refused';
    group.members.add(person);
    this.fedBy(group)?.excluded.delete(person);
    return 'done';
  }

  removeFromGroup(name: GroupName, person: Person): Outcome {
    const group = this.groups.get(name);
    if (!this.enabled || !group) return 'refused';
    group.members.delete(person);
    return 'done';
  }

  replaceGroup(name: GroupName, members: readonly Person[]): Outcome {
    const group = this.groups.get(name);
    if (!this.enabled || !group) return 'refused';
    group.members.clear();
    for (const person of members) group.members.add(person);
    const team = this.fedBy(group);
    const alone = team?.feeders.size === 1;
    for (const person of team?.excluded ?? []) {
      if (alone || group.members.has(person)) team?.excluded.delete(person);
    }
    for (const person of team?.manual ?? []) {
      if (!group.members.has(person)) team?.manual.delete(person);
    }
    return 'done';
  }

  deleteGroup(name: GroupName): Outcome {
    const group = this.groups.get(name);
    if (!this.enabled || !group) return 'refused';
    this.groups.delete(name);
    this.release(name, group, this.policies.onGroupDelete);
    return 'done';
  }

  createUser(person: Person, displayName: string): Outcome {
    const refused = this.enabled && this.policies.appCreatedUsers === 'refuse';
    if (refused || this.users.has(person)) return 'refused';
    this.users.set(person, newUser('manual', displayName));
    return 'done';
  }

  editUser(person: Person, displayName: string): Outcome {
    const user = this.users.get(person);
    if (!user) return 'refused';
    if (user.displayName === displayName) return 'done';
    if (this.enabled && user.synced) {
      if (this.policies.manualUpdates === 'locked') return 'refused';
      user.overrides.add('displayName');
    }
    user.displayName = displayName;
    return 'done';
  }

  deleteUser(person: Person): Outcome {
    const user = this.users.get(person);
    if (!user) return 'refused';
    if (this.enabled && user.synced && this.policies.manualDelete === 'refuse') return 'refused';
    this.forget(person);
    return 'done';
  }

  createTeam(id: TeamId, name: string): void {
    this.teams.set(id, newTeam(name));
  }

  addMember(id: TeamId, person: Person): Outcome {
    const team = this.teams.get(id);
    if (!team || team.archived || !this.users.has(person)) return 'refused';
    if (team.manual.has(person) && !team.excluded.has(person)) return 'done';
    if (this.locksMembers(team)) return 'refused';
    team.manual.add(person);
    team.excluded.delete(person);
    return 'done';
  }

  removeMember(id: TeamId, person: Person): Outcome {
    const team = this.teams.get(id);
    if (!team || team.archived || !this.users.has(person)) return 'refused';
    const granted =
      this.policies.teamSync === 'scim' &&
      this.feeders(team).some(({ members }) => members.has(person));
    const signIn = this.signInTeams(person);
    const excludes = granted && !team.excluded.has(person);
    if (!team.manual.has(person) && !excludes && !signIn?.has(id)) return 'done';
    if ((team.manual.has(person) || excludes) && this.locksMembers(team)) return 'refused';
    team.manual.delete(person);
    if (excludes) team.excluded.add(person);
    signIn?.delete(id);
    return 'done';
  }

  link(name: GroupName, id: TeamId): Outcome {
    const group = this.groups.get(name);
    const team = this.teams.get(id);
    if (!group || !team) return 'refused';
    if (this.policies.teamSync !== 'scim') return 'refused';
    if (group.team === id) return 'done';
    if (team.archived || group.team) return 'refused';
    this.join(name, group, id);
    return 'done';
  }

  unlink(name: GroupName): Outcome {
    const group = this.groups.get(name);
    if (!group) return 'refused';
    if (!group.team) return 'done';
    this.release(name, group, 'unlink');
    Object.assign(group, { team: null, keptApart: true });
    return 'done';
  }

  signIn(person: Person, claimed: readonly string[]): Outcome {
    let user = this.users.get(person);
    if (this.policies.rejectNonProvisioned && !user?.synced) return 'refused';
    if (user && !user.active) return 'refused';
    if (!user) {
      if (!this.policies.allowSignUp) return 'refused';
      user = newUser('sign-in', null);
      this.users.set(person, user);
    }
    if (this.policies.teamSync === 'sign-in' && this.era !== null) {
      const teams = claimed.flatMap((external) => this.mappings.get(external) ?? []);
      const known = teams.filter((id) => this.teams.has(id));
      user.signIn = { era: this.era, teams: new Set(known) };
    }
    return 'done';
  }

  setTeamSync(wanted: ModelPolicies['teamSync']): Outcome {
    const { teamSync } = this.policies;
    if (teamSync === 'scim' && wanted === 'sign-in' && this.enabled) return 'refused';
    if (teamSync === 'sign-in' && wanted === 'scim') return 'refused';
    this.policies.teamSync = wanted;
    if (wanted === 'sign-in' && this.era === null) this.era = ++this.eras;
    return 'done';
  }

  /** Unlinked groups that the policies link now, the oldest first. */
  backfilled(): readonly GroupName[] {
    const { groupMapping, teamSync } = this.policies;
    if (!this.enabled || teamSync !== 'scim') return [];
    if (groupMapping !== 'create' && groupMapping !== 'link-by-name') return [];
    return [...this.groups]
      .filter(([name, group]) => {
        const ambiguous = groupMapping === 'link-by-name' && this.externalTeams(name).length > 1;
        return group.team === null && !group.keptApart && !ambiguous;
      })
      .map(([name]) => name);
  }

  /** @param created the team that the service made for the group, if it made one */
  backfill(name: GroupName, created: TeamId | null): void {
    const group = this.groups.get(name);
    if (group) this.linkByPolicy(name, group, created);
  }

  /** Why the person is in the team: nothing when it is not. */
  grants(id: TeamId, person: Person): readonly Grant[] {
    const team = this.teams.get(id);
    const user = this.users.get(person);
    if (!team || team.archived || !user || user.left) return [];
    const fed = this.feeders(team).some(({ members }) => members.has(person));
    const scim = fed && this.policies.teamSync === 'scim' && !team.excluded.has(person);
    return [
      ...(scim ? (['scim'] as const) : []),
      ...(team.manual.has(person) ? (['manual'] as const) : []),
      ...(this.signInTeams(person)?.has(id) ? (['sign-in'] as const) : []),
    ];
  }

  externalTeams(name: string): readonly TeamId[] {
    return [...this.teams]
      .filter(([, team]) => team.name === name && team.feeders.size === 0 && !team.archived)
      .map(([id]) => id);
  }

  private activate(user: ModelUser, active: boolean): void {
    if (user.active && !active) user.left = this.policies.onDeactivate === 'remove';
    if (active) user.left = false;
    user.active = active;
  }

  private forget(person: Person): void {
    this.users.delete(person);
    for (const { members } of this.groups.values()) members.delete(person);
    for (const { manual, excluded } of this.teams.values()) {
      manual.delete(person);
      excluded.delete(person);
    }
  }

  private linkByPolicy(name: GroupName, group: ModelGroup, created: TeamId | null): void {
    if (created !== null) {
      this.teams.set(created, newTeam(name));
      this.feed(name, group, created);
      return;
    }
    const [only, ...others] = this.externalTeams(name);
    const { groupMapping, teamSync } = this.policies;
    const links = groupMapping === 'link-by-name' && teamSync === 'scim' && this.enabled;
    if (links && only !== undefined && others.length === 0) this.join(name, group, only);
  }

  /** Links to a team that exists: its manual members are in the group from then on. */
  private join(name: GroupName, group: ModelGroup, id: TeamId): void {
    for (const person of this.teams.get(id)?.manual ?? []) group.members.add(person);
    this.feed(name, group, id);
  }

  private feed(name: GroupName, group: ModelGroup, id: TeamId): void {
    Object.assign(group, { team: id, keptApart: false });
    this.teams.get(id)?.feeders.add(name);
  }

  private release(
    name: GroupName,
    group: ModelGroup,
    wanted: ModelPolicies['onGroupDelete'],
  ): void {
    const team = this.teamOf(group);
    if (!team || group.team === null) return;
    const counts = this.policies.teamSync === 'scim';
    const then = counts ? wanted : 'unlink';
    team.feeders.delete(name);
    const last = team.feeders.size === 0;
    if (last && then === 'delete') {
      this.teams.delete(group.team);
      return;
    }
    const others = this.feeders(team);
    for (const person of group.members) {
      const kept = then === 'unlink' || last;
      const elsewhere = others.some(({ members }) => members.has(person));
      if (counts && kept && !elsewhere && !team.excluded.has(person)) team.manual.add(person);
    }
    if (last) team.excluded.clear();
    if (last && then === 'archive') team.archived = true;
  }

  private locksMembers({ feeders }: ModelTeam): boolean {
    const { teamSync, manualUpdates } = this.policies;
    return this.enabled && feeders.size > 0 && teamSync === 'scim' && manualUpdates === 'locked';
  }

  private feeders({ feeders }: ModelTeam): readonly ModelGroup[] {
    return [...feeders].flatMap((name) => this.groups.get(name) ?? []);
  }

  private teamOf({ team }: ModelGroup): ModelTeam | undefined {
    return team === null ? undefined : this.teams.get(team);
  }

  /** The team that hears what is said of the group: none while groups do not feed teams. */
  private fedBy(group: ModelGroup): ModelTeam | undefined {
    return this.policies.teamSync === 'scim' ? this.teamOf(group) : undefined;
  }

  private signInTeams(person: Person): Set<TeamId> | undefined {
    const signIn = this.users.get(person)?.signIn;
    const counts = signIn?.era === this.era && this.policies.teamSync === 'sign-in';
    return counts ? signIn?.teams : undefined;
  }
}

function newUser(origin: ModelUser['origin'], displayName: string | null): ModelUser {
  return {
    displayName,
    active: true,
    left: false,
    synced: origin === 'scim',
    origin,
    overrides: new Set(),
    signIn: null,
  };
}

function newTeam(name: string): ModelTeam {
  return { name, archived: false, feeders: new Set(), manual: new Set(), excluded: new Set() };
}
