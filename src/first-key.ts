import { createHash, randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IssueApiKey } from './commands/messages.js';
import type { ApiKeyId } from './domain/identifiers.js';
import { AccessQueries } from './projections/access/access.queries.js';
import { Projector } from './projections/projector.js';

const SECRET_BYTES = 32;

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
    await issue(app, configured);
    return null;
  }
  if (await app.get(AccessQueries).hasApiKeys()) return null;
  const made = `key_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  await issue(app, made);
  return made;
}

async function issue(app: INestApplication, key: string): Promise<void> {
  const hash = createHash('sha256').update(key).digest('hex');
  const context = { actor: 'system', correlationId: 'first-start' } as const;
  const command = new IssueApiKey(idOf(hash), 'administrator', hash, context);
  await app.get(Projector).waitFor('access', await app.get(CommandBus).execute(command));
}

/** The same key gets the same id at every start and in every process, so that it is recorded once. */
function idOf(hash: string): ApiKeyId {
  const digest = createHash('sha256').update(`api key id ${hash}`).digest('hex');
  const groups = [0, 8, 12, 16, 20].map((from, index) =>
    digest.slice(from, [8, 12, 16, 20, 32][index]),
  );
  return groups.join('-') as ApiKeyId;
}
