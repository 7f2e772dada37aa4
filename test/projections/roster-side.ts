import type { OrganizationId } from '../../src/domain/identifiers.js';
import { RosterProjection } from '../../src/projections/roster/roster.projection.js';
import { openReadSide, type Fact, type ReadSide } from './read-side.js';
import { factsAbout, groupIdOf, teamIdOf, userIdOf } from './roster-facts.js';

export const [ada, bob, cleo] = [userIdOf('ada'), userIdOf('b0b'), userIdOf('c1e0')];
export const [engineers, designers] = [groupIdOf('e0'), groupIdOf('d0')];
export const [builders, painters] = [teamIdOf('b1'), teamIdOf('d1')];

/** The tables of the roster, and a log that fills them. */
export interface RosterSide extends Pick<ReadSide, 'pool' | 'close'> {
  readonly schema: string;
  /** Records the facts and applies them. */
  readonly happens: (...facts: readonly (Fact | readonly Fact[])[]) => Promise<void>;
}

export async function openRoster(): Promise<RosterSide> {
  const readSide = await openReadSide();
  const schema = 'roster_2';
  await readSide.createTables(new RosterProjection(), schema);
  return {
    pool: readSide.pool,
    close: () => readSide.close(),
    schema,
    async happens(...facts) {
      const events = await readSide.record(facts.flat());
      await readSide.apply(new RosterProjection(), schema, events);
    },
  };
}

let told = 0;

/** Facts about an organization of which nothing is told yet. */
export const tell = () => factsAbout(`acme-${++told}` as OrganizationId);
