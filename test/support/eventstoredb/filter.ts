import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { StoredEvent } from './records.js';

/** The window of a filter without one; a checkpoint follows every so many events that were looked at. */
const DEFAULT_WINDOW = 32;

export interface EventFilter {
  readonly matches: (event: StoredEvent) => boolean;
  /** Counted in events that were looked at, whether they match or not. */
  readonly checkpointInterval: number;
}

export function filterOf(options: ReadReq.Options): EventFilter | undefined {
  const filter = options.getFilter();
  if (!filter) return undefined;
  const byStream = filter.getStreamIdentifier();
  const expression = byStream ?? filter.getEventType();
  const prefixes = expression?.getPrefixList() ?? [];
  const regex = expression?.getRegex() ? new RegExp(expression.getRegex()) : undefined;
  const window = filter.hasMax() ? filter.getMax() : DEFAULT_WINDOW;
  return {
    matches: ({ stream, type }) => {
      const text = byStream ? stream : type;
      return regex ? regex.test(text) : prefixes.some((prefix) => text.startsWith(prefix));
    },
    checkpointInterval: window * Math.max(1, filter.getCheckpointintervalmultiplier()),
  };
}
