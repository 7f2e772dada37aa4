export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  readonly revision: bigint;
  readonly commit: bigint;
  readonly prepare: bigint;
  readonly createdMs: number;
}

export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

export type ExpectedRevision = bigint | 'any' | 'noStream' | 'streamExists';

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly revision: bigint; readonly position: LogPosition }
  /** `current` is -1 when there is no stream. */
  | { readonly kind: 'wrong-expected-revision'; readonly current: bigint }
  | { readonly kind: 'stream-deleted' };
