import type { AppendOutcome, ExpectedRevision, ProposedEvent, StoredEvent } from './records.js';
import { DELETED } from './stream-metadata.js';

export type Decision =
  | { readonly kind: 'append'; readonly undelete: boolean }
  | { readonly kind: 'recognised'; readonly last: StoredEvent }
  | Exclude<AppendOutcome, { kind: 'appended' }>;

export interface StreamState {
  readonly name: string;
  /** From revision 0; a tombstone is the last. */
  readonly stored: readonly StoredEvent[];
  readonly softDeleted: boolean;
}

export const NO_STREAM = -1n;

/**
 * The server's rules on appends: expected revisions, deleted streams, and the recognition of repeated appends, which
 * is strong at an exact revision and weak at `any` and `streamExists`, where it rests on memory.
 */
export class AppendRules {
  private readonly recent = new Map<string, StoredEvent>();

  /** @param remembered how many ids memory holds */
  constructor(private readonly remembered: number) {}

  remember(event: StoredEvent): void {
    this.recent.set(event.id, event);
    if (this.recent.size <= this.remembered) return;
    const [oldest] = this.recent.keys();
    if (oldest !== undefined) this.recent.delete(oldest);
  }

  forget(): void {
    this.recent.clear();
  }

  decide(
    stream: StreamState,
    expected: ExpectedRevision,
    proposed: readonly ProposedEvent[],
  ): Decision {
    const current = currentOf(stream);
    if (current === DELETED) return { kind: 'stream-deleted' };
    const append = { kind: 'append', undelete: stream.softDeleted } as const;
    if (expected === 'streamExists' && (current === NO_STREAM || stream.softDeleted)) {
      return conflict(stream);
    }
    if (expected === 'any' || expected === 'streamExists') {
      return this.recogniseRecent(stream, proposed) ?? append;
    }
    const after = expected === 'noStream' ? NO_STREAM : expected;
    if (after === current) return append;
    const recognised = recogniseAt(stream, after + 1n, proposed);
    if (recognised) return recognised;
    return expected === 'noStream' && stream.softDeleted ? append : conflict(stream);
  }

  /**
   * The weak rule: looks only at whether memory knows the ids and, as the server does, neither at their order nor at
   * what stands between them.
   * @returns undefined where the first is new
   */
  private recogniseRecent(
    stream: StreamState,
    proposed: readonly ProposedEvent[],
  ): Decision | undefined {
    let last: StoredEvent | undefined;
    for (const { id } of proposed) {
      const known = this.recent.get(id);
      if (known?.stream !== stream.name) return last && conflict(stream);
      last = known;
    }
    return last && { kind: 'recognised', last };
  }
}

/**
 * The strong rule: the ids at exactly these revisions.
 * @returns undefined where the first differs
 */
function recogniseAt(
  stream: StreamState,
  revision: bigint,
  proposed: readonly ProposedEvent[],
): Decision | undefined {
  const stored = stream.stored.slice(Number(revision), Number(revision) + proposed.length);
  const last = stored.at(-1);
  if (!last || stored[0]?.id !== proposed[0]?.id) return undefined;
  const same = proposed.every(({ id }, index) => stored[index]?.id === id);
  return same ? { kind: 'recognised', last } : conflict(stream);
}

const currentOf = ({ stored }: StreamState): bigint => stored.at(-1)?.revision ?? NO_STREAM;

const conflict = (stream: StreamState): Decision => ({
  kind: 'wrong-expected-revision',
  current: currentOf(stream),
});
