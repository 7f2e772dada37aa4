import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { TeamEvent, UserEvent } from '../domain/events.js';
import { group } from '../domain/group.js';
import type { OrganizationId, TeamId } from '../domain/identifiers.js';
import {
  grantsCount,
  requireOrganization,
  type ExistingOrganization,
} from '../domain/organization.js';
import { isManaged, team, type ExistingTeam, type TeamCommand } from '../domain/team.js';
import { requireUser, user, type ProvisionedUser } from '../domain/user.js';
import { GroupFolds, TeamFolds } from './folds.js';
import {
  AddTeamMember,
  CreateTeam,
  DeleteTeam,
  EditTeam,
  RemoveTeamMember,
  type CommandContext,
  type ManualChange,
  type Position,
} from './messages.js';
import { Organizations } from './organizations.js';
import { groupStream, teamStream, userStream } from './streams.js';
import { existingTeam, TeamLinks } from './team-links.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** What is appended, and what of it the identity provider's next statement takes back. */
interface TeamDecision {
  readonly plans: readonly PlannedAppend[];
  readonly overridden: readonly string[];
}

/** What the handlers about one team share. */
@Injectable()
export class TeamDecisions {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly teams: TeamFolds,
  ) {}

  async decide(
    id: OrganizationId,
    teamId: string,
    context: CommandContext,
    work: (
      organization: ExistingOrganization,
      loaded: Loaded<ExistingTeam>,
    ) => Promise<TeamDecision> | TeamDecision,
  ): Promise<ManualChange> {
    const stream = teamStream(id, teamId);
    return this.model.decide(stream, async () => {
      const organization = requireOrganization(await this.organizations.state(id));
      const loaded = existingTeam(await this.teams.load(stream));
      const { plans, overridden } = await work(organization, loaded);
      const filled = plans.filter(({ events }) => events.length > 0);
      if (filled.length === 0) return { position: null, overridden: [] };
      const { position } = await this.model.commit(id, context, filled);
      return { position, overridden };
    });
  }
}

@CommandHandler(CreateTeam)
export class CreateTeamHandler implements ICommandHandler<CreateTeam> {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  async execute({ organization: id, teamName: name, context }: CreateTeam) {
    requireOrganization(await this.organizations.state(id));
    const teamId = this.timeAndIds.id() as TeamId;
    const events = team.decide({ type: 'Create', teamId, name, groupId: null }, team.initial);
    const plans = [{ stream: teamStream(id, teamId), revision: -1, events }];
    const { position } = await this.model.commit(id, context, plans);
    return { id: teamId, position };
  }
}

@CommandHandler(EditTeam)
export class EditTeamHandler implements ICommandHandler<EditTeam> {
  constructor(
    private readonly decisions: TeamDecisions,
    private readonly links: TeamLinks,
  ) {}

  execute({ organization: id, id: teamId, changes, context }: EditTeam): Promise<ManualChange> {
    return this.decisions.decide(id, teamId, context, async (organization, loaded) => {
      const commands = await this.commands(organization, loaded.state, changes);
      const events = commands.flatMap((command) => team.decide(command, loaded.state));
      const { stream, revision } = loaded;
      const overrides = events.some(({ type }) => type === 'TeamNameOverridden');
      return { plans: [{ stream, revision, events }], overridden: overrides ? ['name'] : [] };
    });
  }

  /** None depends on what another one comes to. */
  private async commands(
    organization: ExistingOrganization,
    current: ExistingTeam,
    { name, archived }: EditTeam['changes'],
  ): Promise<readonly TeamCommand[]> {
    const commands: TeamCommand[] = [];
    if (name !== undefined && name !== current.name) {
      const feeding = await this.links.feeding(organization.organization, current);
      const stated = feeding.some(({ displayName }) => displayName === current.name);
      commands.push({ type: 'Rename', organization, name, stated });
    }
    if (archived === true) commands.push({ type: 'Archive', organization });
    if (archived === false) commands.push({ type: 'Restore' });
    return commands;
  }
}

@CommandHandler(DeleteTeam)
export class DeleteTeamHandler implements ICommandHandler<DeleteTeam> {
  constructor(
    private readonly decisions: TeamDecisions,
    private readonly groups: GroupFolds,
  ) {}

  /** Where the appends come one by one the team goes last: repeating what broke off then finds it, and completes it. */
  async execute({ organization: id, id: teamId, context }: DeleteTeam): Promise<Position> {
    const change = await this.decisions.decide(
      id,
      teamId,
      context,
      async (organization, loaded) => {
        const { stream, revision, state } = loaded;
        const events = team.decide({ type: 'Delete', organization }, state);
        const unlinked = await Promise.all(
          state.groups.map((groupId) => this.unlinked(groupStream(id, groupId), state.teamId)),
        );
        return { plans: [...unlinked, { stream, revision, events }], overridden: [] };
      },
    );
    return change.position ?? 0n;
  }

  /** By choice: a team that was deleted is not made anew by a policy. */
  private async unlinked(stream: string, teamId: TeamId): Promise<PlannedAppend> {
    const { state, revision } = await this.groups.load(stream);
    const links = state.status === 'existing' && state.teamId === teamId;
    const events = links ? group.decide({ type: 'Unlink', byChoice: true }, state) : [];
    return { stream, revision, events };
  }
}

@CommandHandler(AddTeamMember)
export class AddTeamMemberHandler implements ICommandHandler<AddTeamMember> {
  constructor(
    private readonly model: WriteModel,
    private readonly decisions: TeamDecisions,
  ) {}

  execute({ organization: id, id: teamId, userId, context }: AddTeamMember): Promise<ManualChange> {
    return this.decisions.decide(id, teamId, context, async (organization, loaded) => {
      const { state } = await this.model.load(user, userStream(id, userId));
      const member = requireUser(state);
      const add = { type: 'AddMember', organization, userId: member.userId } as const;
      const { stream, revision } = loaded;
      const events = team.decide(add, loaded.state);
      const overrides = events.some((event) => event.type === 'TeamMembersAdded' && event.override);
      return { plans: [{ stream, revision, events }], overridden: overrides ? ['members'] : [] };
    });
  }
}

@CommandHandler(RemoveTeamMember)
export class RemoveTeamMemberHandler implements ICommandHandler<RemoveTeamMember> {
  constructor(
    private readonly model: WriteModel,
    private readonly decisions: TeamDecisions,
    private readonly links: TeamLinks,
  ) {}

  execute(command: RemoveTeamMember): Promise<ManualChange> {
    const { organization: id, id: teamId, userId, context } = command;
    return this.decisions.decide(id, teamId, context, async (organization, loaded) => {
      const person = await this.model.load(user, userStream(id, userId));
      const member = requireUser(person.state);
      const feeding = await this.links.feeding(id, loaded.state);
      const granted =
        grantsCount(organization, 'scim') &&
        feeding.some(({ members }) => members.has(member.userId));
      const remove = {
        type: 'RemoveMember',
        organization,
        userId: member.userId,
        granted,
      } as const;
      const events = team.decide(remove, loaded.state);
      const { stream, revision } = loaded;
      const left = signedOut(member, loaded.state.teamId, organization);
      return {
        plans: [
          { stream, revision, events },
          { stream: person.stream, revision: person.revision, events: left },
        ],
        overridden: overrides(events, loaded.state, organization) ? ['members'] : [],
      };
    });
  }
}

/** Ends the grant that the last sign-in gave, if it gave one that counts. */
function signedOut(
  member: ProvisionedUser,
  teamId: TeamId,
  organization: ExistingOrganization,
): readonly UserEvent[] {
  const { signInTeams } = member;
  if (!grantsCount(organization, 'sign-in')) return [];
  if (!signInTeams || signInTeams.era !== organization.teamSync.era) return [];
  const teams = signInTeams.teams.filter((each) => each !== teamId);
  return user.decide({ type: 'JoinBySignIn', teams, era: signInTeams.era }, member);
}

/** A manual grant that ends is no concern of the identity provider's. */
const overrides = (
  events: readonly TeamEvent[],
  state: ExistingTeam,
  organization: ExistingOrganization,
): boolean =>
  isManaged(state, organization) && events.some(({ type }) => type === 'TeamMembersExcluded');
