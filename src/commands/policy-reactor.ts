import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { UserId } from '../domain/identifiers.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup, type FormerMember } from './directory-lookup.js';
import { Members } from './members.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';

const PAUSE_MS = 500;
const AT_ONCE = 1_000;

/**
 * What must follow from events whoever caused them: users that are deleted leave their groups, also when the process
 * that deleted them died before it came to that, or somebody added them at the same moment. The directory keeps the
 * list of what is left to do; doing it twice changes nothing.
 */
@Injectable()
export class PolicyReactor {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly members: Members,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /** @param onFailure hears why a round failed; the next one tries again */
  start(onFailure: (error: unknown) => void): void {
    const { signal } = this.stopping;
    const run = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.react().catch(onFailure);
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    };
    this.running = run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Works off the list as it stands. */
  async react(): Promise<void> {
    const left = await this.lookup.formerMembers(AT_ONCE);
    for (const { organization, group, users } of byGroup(left)) {
      const context = { actor: 'system', correlationId: this.timeAndIds.id() } as const;
      await this.members.drop(organization, group, users, context);
    }
  }
}

function byGroup(members: readonly FormerMember[]) {
  const groups = new Map<string, Omit<FormerMember, 'user'> & { readonly users: UserId[] }>();
  for (const { organization, group, user } of members) {
    const key = `${organization} ${group}`;
    const known = groups.get(key) ?? { organization, group, users: [] };
    known.users.push(user);
    groups.set(key, known);
  }
  return groups.values();
}
