import { AppendRules, NO_STREAM, type Decision } from './append-rules.js';
import type { LogFile } from './log-file.js';
import type {
  AppendOutcome,
  ExpectedRevision,
  LogPosition,
  ProposedEvent,
  StoredEvent,
} from './records.js';
import {
  DELETED,
  METADATA_TYPE,
  isMetastream,
  metastreamOf,
  readMetadata,
  truncatedBefore,
  type StreamMetadata,
} from './stream-metadata.js';

export interface StreamRead {
  readonly from: bigint | 'start' | 'end';
  readonly backwards: boolean;
  readonly limit: number;
}

/** What the server writes at the beginning of a log before any client writes. */
const FIRST_POSITION = 1_000n;
const RECORD_OVERHEAD = 90;
const STATISTICS_STREAM = '$stats-127.0.0.1:2113';

/** The transaction log with its index by stream: what is appended, what is deleted, and what reads show. */
export class EventLog {
  private all: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly rules: AppendRules;
  private readonly waiting = new Set<() => void>();
  private end = FIRST_POSITION;
  private untilStatistics: number;

  /**
   * @param remembered how many ids are recognised at `any` and `streamExists`
   * @param statisticsEvery the server writes an event of its own after that many appends; 0 for never
   */
  constructor(
    private readonly file: LogFile | undefined,
    remembered: number,
    private readonly statisticsEvery: number,
  ) {
    this.rules = new AppendRules(remembered);
    this.untilStatistics = statisticsEvery;
    for (const event of file?.load() ?? []) this.index(event);
    if (this.all.length === 0) this.begin();
  }

  get length(): number {
    return this.all.length;
  }

  at(index: number): StoredEvent {
    const event = this.all[index];
    if (!event) throw new RangeError(`no event ${index} of ${this.all.length}`);
    return event;
  }

  append(
    stream: string,
    expected: ExpectedRevision,
    proposed: readonly ProposedEvent[],
  ): AppendOutcome {
    const decision = this.decide(stream, expected, proposed);
    if (decision.kind === 'recognised') return appended(decision.last);
    if (decision.kind !== 'append') return decision;
    const revision = this.lastRevision(stream) + 1n;
    const last = this.write(stream, revision, proposed).at(-1);
    if (decision.undelete) this.writeMetadata(stream, { truncateBefore: revision });
    this.writeStatisticsWhenDue();
    return last
      ? appended(last)
      : { kind: 'appended', revision: revision - 1n, position: this.endPosition() };
  }

  /** Hides the stream until somebody appends to it again; its events stay in `$all`. */
  delete(stream: string, expected: ExpectedRevision): AppendOutcome {
    const decision = this.decide(stream, expected, []);
    if (decision.kind !== 'append') return refusalOf(decision);
    return appended(this.writeMetadata(stream, { truncateBefore: DELETED }));
  }

  /** Closes the stream for ever; its events stay in `$all`. */
  tombstone(stream: string, expected: ExpectedRevision): AppendOutcome {
    const decision = this.decide(stream, expected, []);
    if (decision.kind !== 'append') return refusalOf(decision);
    const [event] = this.write(stream, DELETED, [anEvent('$streamDeleted', '')]);
    if (!event) throw new Error('nothing was written');
    return appended(event);
  }

  /** As the TCP clients of old wrote: prepares of their own positions under one commit position behind them. */
  appendInTransaction(stream: string, proposed: readonly ProposedEvent[]): LogPosition {
    const revision = this.lastRevision(stream) + 1n;
    const written = this.write(stream, revision, proposed, 'one commit');
    const last = written.at(-1);
    if (!last) throw new RangeError('a transaction without events');
    return { commit: last.commit, prepare: last.prepare };
  }

  isTombstoned(stream: string): boolean {
    return this.lastRevision(stream) === DELETED;
  }

  /** False for a soft-deleted stream too. */
  exists(stream: string): boolean {
    return this.lastRevision(stream) !== NO_STREAM && !this.isSoftDeleted(stream);
  }

  *readStream(stream: string, { from, backwards, limit }: StreamRead): Generator<StoredEvent> {
    const events = this.streams.get(stream) ?? [];
    const first = Number(this.firstVisible(stream));
    const { maxAgeSeconds = Infinity } = this.metadataOf(stream);
    const oldestMs = Date.now() - maxAgeSeconds * 1_000;
    const last = events.length - 1;
    let index = from === 'start' ? 0 : from === 'end' ? last : Number(from);
    if (backwards) index = Math.min(index, last);
    else index = Math.max(index, first);
    for (let left = limit; left > 0; index += backwards ? -1 : 1, left--) {
      const event = events[index];
      if (!event || index < first) return;
      if (event.createdMs < oldestMs) left++;
      else yield event;
    }
  }

  /** Index of the first event that stands at `position` or behind it. */
  indexAt(position: LogPosition): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.at(middle), position)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A position inside the log must be that of a record: the server reads bytes there. */
  isReadable(position: LogPosition): boolean {
    if (position.commit < FIRST_POSITION || position.commit >= this.end) return true;
    const index = this.indexAt(position);
    return index < this.length && this.at(index).commit === position.commit;
  }

  endPosition(): LogPosition {
    return { commit: this.end, prepare: this.end };
  }

  /** Resolves after the next append, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  /** What a restart of the server forgets: appends at `any` are recognised from memory alone. */
  forgetRecent(): void {
    this.rules.forget();
  }

  close(): void {
    this.file?.close();
  }

  private write(
    stream: string,
    revision: bigint,
    proposed: readonly ProposedEvent[],
    transaction?: 'one commit',
  ): readonly StoredEvent[] {
    const createdMs = Date.now();
    const prepares = proposed.map((event) => {
      const prepare = this.end;
      this.end += sizeOf(stream, event);
      return prepare;
    });
    const commit = this.end;
    if (transaction) this.end += BigInt(RECORD_OVERHEAD);
    const stored = proposed.map((event, index): StoredEvent => {
      const prepare = prepares[index] ?? commit;
      return {
        ...event,
        stream,
        revision: revision + BigInt(index),
        commit: transaction ? commit : prepare,
        prepare,
        createdMs,
      };
    });
    // Stored before anybody can see it: a killed process must not have acknowledged what is not in the file.
    this.file?.write(stored);
    for (const event of stored) {
      this.index(event);
      this.rules.remember(event);
    }
    for (const wake of this.waiting) wake();
    return stored;
  }

  private index(event: StoredEvent): void {
    this.all.push(event);
    const events = this.streams.get(event.stream);
    if (events) events.push(event);
    else this.streams.set(event.stream, [event]);
    this.end = max(this.end, event.commit + sizeOf(event.stream, event));
  }

  private decide(
    stream: string,
    expected: ExpectedRevision,
    proposed: readonly ProposedEvent[],
  ): Decision {
    const stored = this.streams.get(stream) ?? [];
    const softDeleted = this.isSoftDeleted(stream);
    return this.rules.decide({ name: stream, stored, softDeleted }, expected, proposed);
  }

  private lastRevision(stream: string): bigint {
    return this.streams.get(stream)?.at(-1)?.revision ?? NO_STREAM;
  }

  private isSoftDeleted(stream: string): boolean {
    return this.metadataOf(stream).truncateBefore === DELETED;
  }

  private metadataOf(stream: string): StreamMetadata {
    if (isMetastream(stream)) return { maxCount: 1 };
    return readMetadata(this.streams.get(metastreamOf(stream))?.at(-1)?.data);
  }

  private writeMetadata(stream: string, change: { truncateBefore: bigint }): StoredEvent {
    const metastream = metastreamOf(stream);
    const text = truncatedBefore(this.streams.get(metastream)?.at(-1)?.data, change.truncateBefore);
    const revision = this.lastRevision(metastream) + 1n;
    const [event] = this.write(metastream, revision, [anEvent(METADATA_TYPE, text)]);
    if (!event) throw new Error('nothing was written');
    return event;
  }

  /** What stands before it is hidden by the stream's metadata. */
  firstVisible(stream: string): bigint {
    const { truncateBefore = 0n, maxCount } = this.metadataOf(stream);
    if (maxCount === undefined) return truncateBefore;
    return max(truncateBefore, this.lastRevision(stream) - BigInt(maxCount) + 1n);
  }

  private begin(): void {
    const metadata = anEvent(METADATA_TYPE, '{"$maxAge":86400}');
    this.write(metastreamOf(STATISTICS_STREAM), 0n, [metadata]);
    this.write('$users', 0n, [anEvent('$User', '"admin"')]);
    this.write('$user-admin', 0n, [anEvent('$UserCreated', '{"loginName":"admin"}')]);
  }

  private writeStatisticsWhenDue(): void {
    if (this.statisticsEvery === 0 || --this.untilStatistics > 0) return;
    this.untilStatistics = this.statisticsEvery;
    const revision = this.lastRevision(STATISTICS_STREAM) + 1n;
    this.write(STATISTICS_STREAM, revision, [anEvent('$statsCollected', '{"proc-cpu":1}')]);
  }
}

/** An event of the server's own. */
function anEvent(type: string, text: string): ProposedEvent {
  return {
    id: crypto.randomUUID(),
    type,
    contentType: 'application/json',
    data: Buffer.from(text),
    metadata: new Uint8Array(),
  };
}

const appended = ({ revision, commit, prepare }: StoredEvent): AppendOutcome => ({
  kind: 'appended',
  revision,
  position: { commit, prepare },
});

/** Nothing is appended here that could be recognised. */
function refusalOf(decision: Exclude<Decision, { kind: 'append' }>): AppendOutcome {
  return decision.kind === 'recognised' ? appended(decision.last) : decision;
}

const isBefore = (event: LogPosition, position: LogPosition): boolean =>
  event.commit < position.commit ||
  (event.commit === position.commit && event.prepare < position.prepare);

const sizeOf = (stream: string, { type, data, metadata }: ProposedEvent): bigint =>
  BigInt(RECORD_OVERHEAD + stream.length + type.length + data.length + metadata.length);

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
