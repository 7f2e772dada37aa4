import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { UserId } from '../domain/identifiers.js';
import { BrokenLinks } from './broken-links.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup, type FormerMember } from './directory-lookup.js';
import { GroupBackfill } from './group-backfill.js';
import { GroupRules } from './group-rules.js';
import { Members } from './members.js';
import type { CommandContext, Position } from './messages.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';

const PAUSE_MS = 500;
const AT_ONCE = 1_000;
/** What breaks off is rare: it is looked for once in so many rounds. */
const ROUNDS_BETWEEN_REPAIRS = 10;
/** By then, what stands in one of two streams is no command's that is under way. */
const BROKEN_AFTER_MS = 5_000;
/** For how long an organization is left alone of which nothing could be linked: it waits for a decision. */
const FRUITLESS_MS = 30_000;

/**
 * What must follow from events whoever caused them: users that are deleted leave their groups, groups and teams are
 * linked as the policies say, rules are bound to groups; also when the process that began it died before it came to
 * that, or somebody wrote at the same moment. The directory keeps the lists of what is left to do; doing it twice changes nothing.
 */
@Injectable()
export class PolicyReactor {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private rounds = 0;
  /** Until when an organization is left alone, by what is to be done. */
  private readonly resting = new Map<string, number>();

  constructor(
    private readonly members: Members,
    private readonly backfill: GroupBackfill,
    private readonly links: BrokenLinks,
    private readonly rules: GroupRules,
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

  /** Works off the lists as they stand. */
  async react(): Promise<void> {
    const left = await this.lookup.formerMembers(AT_ONCE);
    for (const { organization, group, users } of byGroup(left)) {
      await this.members.drop(organization, group, users, this.context());
    }
    for (const organization of await this.lookup.organizationsToAdopt(AT_ONCE)) {
      await this.unlessFruitless(`adopt ${organization}`, () =>
        this.backfill.resumeAdoption(organization, this.context()),
      );
    }
    for (const organization of await this.lookup.organizationsToBackfill(AT_ONCE)) {
      await this.unlessFruitless(`backfill ${organization}`, () =>
        this.backfill.run(organization, this.context()),
      );
    }
    if (this.rounds++ % ROUNDS_BETWEEN_REPAIRS === 0) await this.repair();
  }

  /** Completes, or undoes, what broke off between two appends where the store appends one by one. */
  private async repair(): Promise<void> {
    const now = Date.parse(this.timeAndIds.now());
    const before = new Date(now - BROKEN_AFTER_MS).toISOString();
    for (const link of await this.lookup.halfLinks(before, AT_ONCE)) {
      await this.links.mend(link, this.context());
    }
    for (const organization of await this.lookup.organizationsToMigrate(AT_ONCE)) {
      await this.unlessFruitless(`migrate ${organization}`, () =>
        this.backfill.run(organization, this.context()),
      );
    }
    for (const organization of await this.lookup.organizationsToBind(AT_ONCE)) {
      await this.unlessFruitless(`bind ${organization}`, () =>
        this.rules.rebind(organization, this.context()),
      );
    }
  }

  /** One organization whose work fails rests too, so that it keeps no other one waiting. */
  private async unlessFruitless(key: string, work: () => Promise<Position | null>): Promise<void> {
    if (performance.now() < (this.resting.get(key) ?? 0)) return;
    this.resting.set(key, performance.now() + FRUITLESS_MS);
    if ((await work()) !== null) this.resting.delete(key);
  }

  private context(): CommandContext {
    return { actor: 'system', correlationId: this.timeAndIds.id() };
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
