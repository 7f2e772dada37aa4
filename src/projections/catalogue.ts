import type { EventStore } from '../event-store/event-store.js';
import { AccessProjection } from './access/access.projection.js';
import { DirectoryProjection } from './directory/directory.projection.js';
import { schemaOf } from './generations.js';
import { HistoryProjection } from './history/history.projection.js';
import type { Projection } from './projection.js';
import { RosterProjection } from './roster/roster.projection.js';

export type ProjectionName = 'directory' | 'access' | 'roster' | 'history';

/** Every projection there is, by name. */
export function projectionCatalogue(
  store: Pick<EventStore, 'readOrganization'>,
): Readonly<Record<ProjectionName, Projection>> {
  return {
    directory: new DirectoryProjection(store),
    access: new AccessProjection(),
    roster: new RosterProjection(),
    history: new HistoryProjection(),
  };
}

/** The schema in which queries of each projection look. */
export function servedSchemas(
  store: Pick<EventStore, 'readOrganization'>,
): Readonly<Record<ProjectionName, string>> {
  const { directory, access, roster, history } = projectionCatalogue(store);
  return {
    directory: schemaOf(directory),
    access: schemaOf(access),
    roster: schemaOf(roster),
    history: schemaOf(history),
  };
}
