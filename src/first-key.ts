import type { INestApplication } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  IssueApiKey,
  RevokeApiKey,
  type IssuedApiKey,
  type Position,
} from './commands/messages.js';
import { ConfigError } from './config.js';
import { AccessQueries, type ApiKeyRow } from './projections/access/access.queries.js';
import { Projector } from './projections/projector.js';

const CONFIGURED = 'configured';
const MADE = 'made at the first start';
const STARTING = { actor: 'system', correlationId: 'start' } as const;
const OWNER = { role: 'owner', organization: null } as const;

/**
 * Makes sure that an owner can come in: by the configured key, else by one that is made when no owner has a key.
 * @returns the key that was made, for its only showing; null otherwise
 * @throws ConfigError the configured key is one of less permission
 */
export async function ensureAdministratorKey(
  app: INestApplication,
  configured: string | undefined,
): Promise<string | null> {
  if (configured !== undefined) {
    await admitConfigured(app, configured);
    return null;
  }
  if (await anOwnerHasAKey(app)) return null;
  const { key, position } = await issue(app, MADE);
  await inForce(app, position);
  return key;
}

/** Tells only when it is certain: a log that is still being read may yet tell of an owner. */
async function anOwnerHasAKey(app: INestApplication): Promise<boolean> {
  await inForce(app, null);
  const keys = await app.get(AccessQueries).apiKeys(null);
  return keys.some(({ role }) => role === 'owner');
}

/** @param position null for everything that was recorded so far */
async function inForce(app: INestApplication, position: Position | null): Promise<void> {
  const projector = app.get(Projector);
  const until = position ?? (await projector.head());
  while (!(await projector.waitFor('access', until)));
}

/** A configured key takes the place of the one that was configured before. */
async function admitConfigured(app: INestApplication, configured: string): Promise<void> {
  const { id, position: issuedAt } = await issue(app, CONFIGURED, configured);
  await inForce(app, issuedAt);
  const access = app.get(AccessQueries);
  const { role = 'owner' } = (await access.apiKey(id)) ?? {};
  if (role !== 'owner') {
    throw new ConfigError(`ROLLCALL_ADMIN_KEY: found the key of an ${role}, expected another key`);
  }
  const keys = await access.apiKeys(null);
  for (const earlier of keys.filter((key) => wasConfigured(key) && key.id !== id)) {
    const position = await app.get(CommandBus).execute(new RevokeApiKey(earlier.id, STARTING));
    await inForce(app, position);
  }
}

/** Not by its name alone: keys that people issue may bear any. */
const wasConfigured = ({ name, createdBy }: ApiKeyRow): boolean =>
  name === CONFIGURED && createdBy === STARTING.actor;

const issue = (app: INestApplication, name: string, chosen?: string): Promise<IssuedApiKey> =>
  app.get(CommandBus).execute(new IssueApiKey(name, OWNER, STARTING, chosen));
