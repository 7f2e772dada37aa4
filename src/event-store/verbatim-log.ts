import type { Position } from './event-store.js';

/** There is no log where one was expected. */
export class NoLog extends Error {
  override readonly name = 'NoLog';
}

/** An event as a log keeps it, not decoded: an old version stays one, and what this release cannot read is kept too. */
export interface VerbatimEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  /** JSON text. */
  readonly data: string;
  /** JSON text. */
  readonly metadata: string;
}

export interface PlacedEvent extends VerbatimEvent {
  readonly position: Position;
}

/** The end of a copy: a log that one process alone appends to. */
export interface VerbatimLog {
  /** The next events after `from`, in log order; none at the end. */
  read(from: Position): Promise<readonly PlacedEvent[]>;

  /**
   * Appends events in this order, each at the revision it has, and waits until they are durable. What is stored when it
   * fails is a beginning of them.
   * @throws WrongExpectedVersion when a stream is not where its event belongs
   */
  append(events: readonly VerbatimEvent[]): Promise<void>;

  close(): Promise<void>;
}

/** Events that follow each other in one stream, as one append. */
export interface Run {
  readonly stream: string;
  readonly expected: number | 'noStream';
  readonly events: readonly VerbatimEvent[];
}

/** Splits events, in order, where the stream changes and where `mostBytes` of JSON would be exceeded. */
export function runsOf(events: readonly VerbatimEvent[], mostBytes: number): Run[] {
  const runs: (Run & { readonly events: VerbatimEvent[]; bytes: number })[] = [];
  for (const event of events) {
    const bytes = Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata);
    const run = runs.at(-1);
    const before = run?.events.at(-1);
    const follows = before?.stream === event.stream && before.revision + 1 === event.revision;
    if (run && follows && run.bytes + bytes <= mostBytes) {
      run.events.push(event);
      run.bytes += bytes;
    } else {
      const expected = event.revision === 0 ? 'noStream' : event.revision - 1;
      runs.push({ stream: event.stream, expected, events: [event], bytes });
    }
  }
  return runs;
}
