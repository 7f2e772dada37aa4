import { createHash } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { apiKey } from '../domain/api-key.js';
import type { ApiKeyId, OrganizationId, TokenId } from '../domain/identifiers.js';
import { organization, requireOrganization } from '../domain/organization.js';
import { token } from '../domain/token.js';
import type { Position } from '../event-store/event-store.js';
import {
  IssueApiKey,
  IssueToken,
  RevokeApiKey,
  RevokeToken,
  type IssuedApiKey,
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
      const hash = sha256(secret);
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

/** The facts of a key of one organization stand in the history of that organization. */
@CommandHandler(IssueApiKey)
export class IssueApiKeyHandler implements ICommandHandler<IssueApiKey> {
  constructor(
    private readonly model: WriteModel,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  async execute({ keyName: name, scope, context, chosen }: IssueApiKey): Promise<IssuedApiKey> {
    await this.requireOrganization(scope.organization);
    const key = chosen ?? `key_${this.timeAndIds.secret(SECRET_BYTES)}`;
    const hash = sha256(key);
    const id = apiKeyIdOf(hash);
    const stream = apiKeyStream(id);
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(apiKey, stream);
      const events = apiKey.decide({ type: 'Issue', keyId: id, name, hash, scope }, state);
      if (state.status !== 'absent' && events.length === 0) {
        return { id, key, createdAt: state.issuedAt, position: null };
      }
      const organizationId = scope.organization ?? undefined;
      const plans = [{ stream, revision, events }];
      const { position, occurredAt } = await this.model.commit(organizationId, context, plans);
      return { id, key, createdAt: occurredAt, position };
    });
  }

  private async requireOrganization(id: OrganizationId | null): Promise<void> {
    if (id === null) return;
    const { state } = await this.model.load(organization, organizationStream(id));
    requireOrganization(state);
  }
}

@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(private readonly model: WriteModel) {}

  async execute({ keyId, context }: RevokeApiKey): Promise<Position | null> {
    const stream = apiKeyStream(keyId);
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.model.load(apiKey, stream);
      const events = apiKey.decide({ type: 'Revoke', keyId }, state);
      if (state.status === 'absent' || events.length === 0) return null;
      const organizationId = state.organization ?? undefined;
      const plans = [{ stream, revision, events }];
      const { position } = await this.model.commit(organizationId, context, plans);
      return position;
    });
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** One key has one id, in every process and at every start, so that it is recorded once. */
function apiKeyIdOf(hash: string): ApiKeyId {
  const digest = sha256(`api key id ${hash}`);
  const groups = [0, 8, 12, 16, 20].map((from, index) =>
    digest.slice(from, [8, 12, 16, 20, 32][index]),
  );
  return groups.join('-') as ApiKeyId;
}
