import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import type { OrganizationEvent } from '../domain/events.js';
import type { OrganizationId } from '../domain/identifiers.js';
import {
  groupsFeedTeams,
  organization,
  requireOrganization,
  type ExistingOrganization,
  type OrganizationCommand,
  type OrganizationState,
  type PolicyValues,
} from '../domain/organization.js';
import type { Policies } from '../domain/policies.js';
import type { Position } from '../event-store/event-store.js';
import { GroupBackfill } from './group-backfill.js';
import {
  CreateOrganization,
  DisableSync,
  EnableSync,
  PreviewPolicies,
  ResumeRemovals,
  SetPolicies,
  type CommandContext,
} from './messages.js';
import { Organizations } from './organizations.js';
import { PolicyReferences } from './policy-references.js';
import { Safeguard } from './safeguard.js';
import { organizationStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel } from './write-model.js';

/** What differs from the domain's defaults in the organizations of this installation. */
export const DEFAULT_POLICIES = Symbol('DefaultPolicies');

const NAME_KEY_BYTES = 32;

interface Changed {
  readonly before: OrganizationState;
  readonly after: OrganizationState;
  readonly events: readonly OrganizationEvent[];
  /** Null when nothing changed. */
  readonly position: Position | null;
}

@Injectable()
export class OrganizationDecisions {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
  ) {}

  /** @param commandFor the command that follows from the present state */
  decide(
    id: OrganizationId,
    context: CommandContext,
    commandFor: (state: OrganizationState) => Promise<OrganizationCommand> | OrganizationCommand,
  ): Promise<Changed> {
    const stream = organizationStream(id);
    return this.model.decide(stream, async () => {
      const loaded = await this.model.load(organization, stream);
      const { state: before, revision } = loaded;
      const events = organization.decide(await commandFor(before), before);
      if (events.length === 0) return { before, after: before, events, position: null };
      const committed = await this.model.commit(id, context, [{ stream, revision, events }]);
      this.organizations.changed(id);
      const { state: after } = this.model.advance(organization, loaded, events, committed);
      return { before, after, events, position: committed.position };
    });
  }
}

/** What follows for groups and teams that were there before. */
@Injectable()
export class PolicyConsequences {
  constructor(private readonly backfill: GroupBackfill) {}

  /** @returns the position of the last of it; null where nothing changed at all */
  async follow(
    id: OrganizationId,
    { before, after, events, position }: Changed,
    context: CommandContext,
  ): Promise<Position | null> {
    const adopts = events.some(({ type }) => type === 'DirectoryAdopted');
    const adopted = adopts ? await this.backfill.adopt(id, context) : null;
    const links = linkKind(after) !== null && linkKind(after) !== linkKind(before);
    const linked = links ? await this.backfill.run(id, context) : null;
    return latest(latest(position, adopted), linked);
  }
}

/** By which policy groups that are stored get teams by themselves; null: they get none. */
function linkKind(state: OrganizationState): string | null {
  if (state.status !== 'existing' || !groupsFeedTeams(state)) return null;
  const { groupMapping } = state.policies;
  return groupMapping === 'create' || groupMapping === 'link-by-name' ? groupMapping : null;
}

const latest = (a: Position | null, b: Position | null): Position | null =>
  a === null || (b !== null && b > a) ? b : a;

@CommandHandler(CreateOrganization)
export class CreateOrganizationHandler implements ICommandHandler<CreateOrganization> {
  constructor(
    private readonly decisions: OrganizationDecisions,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
    @Inject(DEFAULT_POLICIES) private readonly defaults: PolicyValues,
  ) {}

  /** A preset sets what the installation's defaults would. */
  async execute(command: CreateOrganization): Promise<Position> {
    const { organization: id, displayName, policies: given, context } = command;
    const nameKey = this.timeAndIds.secret(NAME_KEY_BYTES);
    const policies = 'preset' in given ? given : { ...this.defaults, ...given };
    const { position } = await this.decisions.decide(id, context, () => ({
      type: 'Create',
      organization: id,
      displayName,
      nameKey,
      policies,
    }));
    return position ?? 0n;
  }
}

@CommandHandler(EnableSync)
export class EnableSyncHandler implements ICommandHandler<EnableSync> {
  constructor(
    private readonly decisions: OrganizationDecisions,
    private readonly consequences: PolicyConsequences,
  ) {}

  async execute({ organization: id, context }: EnableSync): Promise<Position | null> {
    const changed = await this.decisions.decide(id, context, () => ({ type: 'EnableSync' }));
    return this.consequences.follow(id, changed, context);
  }
}

@CommandHandler(DisableSync)
export class DisableSyncHandler implements ICommandHandler<DisableSync> {
  constructor(private readonly decisions: OrganizationDecisions) {}

  async execute({ organization: id, context }: DisableSync): Promise<Position | null> {
    const changed = await this.decisions.decide(id, context, () => ({ type: 'DisableSync' }));
    return changed.position;
  }
}

@CommandHandler(SetPolicies)
export class SetPoliciesHandler implements ICommandHandler<SetPolicies> {
  constructor(
    private readonly decisions: OrganizationDecisions,
    private readonly references: PolicyReferences,
    private readonly consequences: PolicyConsequences,
  ) {}

  async execute({ organization: id, values, context }: SetPolicies): Promise<Position | null> {
    const changed = await this.decisions.decide(id, context, async (state) => ({
      type: 'SetPolicies',
      values: await this.references.resolve(requireOrganization(state), values),
    }));
    return this.consequences.follow(id, changed, context);
  }
}

@QueryHandler(PreviewPolicies)
export class PreviewPoliciesHandler implements IQueryHandler<PreviewPolicies> {
  constructor(
    private readonly model: WriteModel,
    private readonly references: PolicyReferences,
  ) {}

  async execute({
    organization: id,
    values,
  }: PreviewPolicies): Promise<{ readonly before: Policies; readonly after: Policies }> {
    const { state } = await this.model.load(organization, organizationStream(id));
    const existing = requireOrganization(state);
    const resolved = await this.references.resolve(existing, values);
    const events = organization.decide({ type: 'SetPolicies', values: resolved }, existing);
    return { before: existing.policies, after: policiesAfter(existing, events) };
  }
}

function policiesAfter(
  existing: ExistingOrganization,
  events: readonly OrganizationEvent[],
): Policies {
  const after = events.reduce<OrganizationState>(
    (state, event) => organization.evolve(state, event, NOWHERE),
    existing,
  );
  return requireOrganization(after).policies;
}

/** Where the events would stand that are not recorded. */
const NOWHERE = { revision: 0, position: 0n, occurredAt: '' };

@CommandHandler(ResumeRemovals)
export class ResumeRemovalsHandler implements ICommandHandler<ResumeRemovals> {
  constructor(
    private readonly organizations: Organizations,
    private readonly safeguard: Safeguard,
  ) {}

  async execute({ organization: id, context }: ResumeRemovals): Promise<Position | null> {
    requireOrganization(await this.organizations.state(id));
    return this.safeguard.resume(id, context);
  }
}
