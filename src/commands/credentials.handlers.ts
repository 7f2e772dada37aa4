import { createHash } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  apiKey,
  type IssueApiKey as DomainIssueApiKey,
  type RevokeApiKey as DomainRevokeApiKey,
} from '../domain/api-key.js';
import type { TokenId } from '../domain/identifiers.js';
import { organization, requireOrganization } from '../domain/organization.js';
import { token } from '../domain/token.js';
import type { Position } from '../event-store/event-store.js';
import {
  IssueApiKey,
  IssueToken,
  RevokeApiKey,
  RevokeToken,
  type CommandContext,
  type IssuedToken,
} from './messages.js';
import { apiKeyStream, organizationStream, tokenStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { UniqueNames } from './unique-names.js';
import { WriteModel } from './write-model.js';

const SECRET_BYTES = 32;

@CommandHandler(IssueToken)
export class IssueTokenHandler implements ICommandHandler<IssueToken> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /** The token is `scim_{id}_{secret}`: the id finds it, the hash of the secret proves it. */
  async execute(command: IssueToken): Promise<IssuedToken> {
    const { organization: id, tokenName: name, expiresAt, context } = command;
    const loaded = await this.model.load(organization, organizationStream(id));
    const existing = requireOrganization(loaded.state);
    return this.model.decide(`tokenName ${id} ${name}`, async (attempt) => {
      const tokenId = this.timeAndIds.id() as TokenId;
      const secret = this.timeAndIds.secret(SECRET_BYTES);
      const stream = tokenStream(id, tokenId);
      const claimed = await this.names.claim({
        organization: existing,
        kind: 'tokenName',
        name,
        owner: stream,
        context,
        attempt,
      });
      const { claimId, append } = claimed;
      const hash = createHash('sha256').update(secret).digest('hex');
      const now = this.timeAndIds.now();
      const issue = { type: 'Issue', tokenId, claimId, name, hash, expiresAt, now } as const;
      const events = token.decide(issue, token.initial);
      const plans = [append, { stream, revision: -1, events }];
      const { position, occurredAt } = await this.model.commit(id, context, plans);
      return { id: tokenId, token: `scim_${tokenId}_${secret}`, createdAt: occurredAt, position };
    });
  }
}

@CommandHandler(RevokeToken)
export class RevokeTokenHandler implements ICommandHandler<RevokeToken> {
  constructor(private readonly model: WriteModel) {}

  async execute({ organization: id, id: tokenId, context }: RevokeToken): Promise<Position | null> {
    const stream = tokenStream(id, tokenId);
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(token, stream);
      const events = token.decide({ type: 'Revoke' }, state);
      if (events.length === 0) return null;
      const { position } = await this.model.commit(id, context, [{ stream, revision, events }]);
      return position;
    });
  }
}

async function decideApiKey(
  model: WriteModel,
  command: DomainIssueApiKey | DomainRevokeApiKey,
  context: CommandContext,
): Promise<Position | null> {
  const stream = apiKeyStream(command.keyId);
  return model.decide(stream, async () => {
    const { state, revision } = await model.load(apiKey, stream);
    const events = apiKey.decide(command, state);
    if (events.length === 0) return null;
    const { position } = await model.commit(undefined, context, [{ stream, revision, events }]);
    return position;
  });
}

@CommandHandler(IssueApiKey)
export class IssueApiKeyHandler implements ICommandHandler<IssueApiKey> {
  constructor(private readonly model: WriteModel) {}

  execute({ keyId, keyName: name, hash, context }: IssueApiKey): Promise<Position | null> {
    return decideApiKey(this.model, { type: 'Issue', keyId, name, hash }, context);
  }
}

@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(private readonly model: WriteModel) {}

  execute({ keyId, context }: RevokeApiKey): Promise<Position | null> {
    return decideApiKey(this.model, { type: 'Revoke', keyId }, context);
  }
}
