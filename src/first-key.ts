import { createHash, randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IssueApiKey, RevokeApiKey } from './commands/messages.js';
import type { ApiKeyId } from './domain/identifiers.js';
import { AccessQueries } from './projections/access/access.queries.js';
import { Projector } from './projections/projector.js';

const SECRET_BYTES = 32;
const CONFIGURED = 'configured';
const MADE = 'made at the first start';

/**
 * Makes sure that an administrator can come in: by the configured key, else by one that is made when there is none.
 * @returns the key that was made, for its only showing; null otherwise
 */
export async function ensureAdministratorKey(
  app: INestApplication,
  configured: string | undefined,
): Promise<string | null> {
  const projector = app.get(Projector);
  await projector.waitForHead('access');
  if (configured !== undefined) {
    await issue(app, CONFIGURED, configured);
    return null;
  }
  if ((await app.get(AccessQueries).apiKeys()).length > 0) return null;
  const made = `key_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  await issue(app, MADE, made);
  return made;
}

/** A configured key takes the place of the one that was configured before. */
async function issue(app: INestApplication, name: string, key: string): Promise<void> {
  const commands = app.get(CommandBus);
  const hash = createHash('sha256').update(key).digest('hex');
  const keyId = idOf(hash);
  const context = { actor: 'system', correlationId: 'start' } as const;
  let position = await commands.execute(new IssueApiKey(keyId, name, hash, context));
  for (const { id, name: other } of await app.get(AccessQueries).apiKeys()) {
    if (name !== CONFIGURED || other !== CONFIGURED || id === keyId) continue;
    position = (await commands.execute(new RevokeApiKey(id, context))) ?? position;
  }
  await app.get(Projector).waitFor('access', position);
}

/** The same key gets the same id at every start and in every process, so that it is recorded once. */
function idOf(hash: string): ApiKeyId {
  const digest = createHash('sha256').update(`api key id ${hash}`).digest('hex');
  const groups = [0, 8, 12, 16, 20].map((from, index) =>
    digest.slice(from, [8, 12, 16, 20, 32][index]),
  );
  return groups.join('-') as ApiKeyId;
}
