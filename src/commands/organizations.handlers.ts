import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { OrganizationId } from '../domain/identifiers.js';
import { organization, type OrganizationCommand } from '../domain/organization.js';
import type { Position } from '../event-store/event-store.js';
import {
  CreateOrganization,
  DisableSync,
  EnableSync,
  SetPolicies,
  type CommandContext,
} from './messages.js';
import { organizationStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel } from './write-model.js';

const NAME_KEY_BYTES = 32;

async function decideOrganization(
  model: WriteModel,
  id: OrganizationId,
  context: CommandContext,
  command: OrganizationCommand,
): Promise<Position | null> {
  const stream = organizationStream(id);
  return model.decide(stream, async () => {
    const { state, revision } = await model.load(organization, stream);
    const events = organization.decide(command, state);
    if (events.length === 0) return null;
    const { position } = await model.commit(id, context, [{ stream, revision, events }]);
    return position;
  });
}

@CommandHandler(CreateOrganization)
export class CreateOrganizationHandler implements ICommandHandler<CreateOrganization> {
  constructor(
    private readonly model: WriteModel,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  async execute({ organization: id, displayName, context }: CreateOrganization): Promise<Position> {
    const nameKey = this.timeAndIds.secret(NAME_KEY_BYTES);
    const create = { type: 'Create', organization: id, displayName, nameKey } as const;
    return (await decideOrganization(this.model, id, context, create)) ?? 0n;
  }
}

@CommandHandler(EnableSync)
export class EnableSyncHandler implements ICommandHandler<EnableSync> {
  constructor(private readonly model: WriteModel) {}

  execute({ organization: id, context }: EnableSync): Promise<Position | null> {
    return decideOrganization(this.model, id, context, { type: 'EnableSync' });
  }
}

@CommandHandler(DisableSync)
export class DisableSyncHandler implements ICommandHandler<DisableSync> {
  constructor(private readonly model: WriteModel) {}

  execute({ organization: id, context }: DisableSync): Promise<Position | null> {
    return decideOrganization(this.model, id, context, { type: 'DisableSync' });
  }
}

@CommandHandler(SetPolicies)
export class SetPoliciesHandler implements ICommandHandler<SetPolicies> {
  constructor(private readonly model: WriteModel) {}

  execute({ organization: id, values, context }: SetPolicies): Promise<Position | null> {
    const command = { type: 'SetPolicies', values } as const;
    return decideOrganization(this.model, id, context, command);
  }
}
