import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type {
  AppendReq,
  BatchAppendReq,
  DeleteReq,
  ReadReq,
  ReadResp,
  TombstoneReq,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { ExpectedRevision, LogPosition, ProposedEvent, StoredEvent } from './records.js';

const TICKS_PER_MILLISECOND = 10_000n;
const NO_POSITION = 2n ** 64n - 1n;

export function streamNameOf(identifier: StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
}

export function identifierOf(stream: string): StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(new Uint8Array(Buffer.from(stream)));
}

/** Both messages with a proposed event have these. */
export function proposedEvent(
  message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage,
): ProposedEvent {
  const properties = message.getMetadataMap();
  return {
    id: uuidOf(message.getId()),
    type: properties.get('type') ?? '',
    contentType: properties.get('content-type') ?? 'application/octet-stream',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export function expectedByRevision(
  options: AppendReq.Options | DeleteReq.Options | TombstoneReq.Options,
): ExpectedRevision {
  return options.hasRevision() ? BigInt(options.getRevision()) : expectedByState(options);
}

export function expectedByPosition(options: BatchAppendReq.Options): ExpectedRevision {
  return options.hasStreamPosition()
    ? BigInt(options.getStreamPosition())
    : expectedByState(options);
}

export function uuidOf(uuid: UUID | undefined): string {
  const structured = uuid?.getStructured();
  if (!structured) return uuid?.getString() ?? '';
  const bits = [structured.getMostSignificantBits(), structured.getLeastSignificantBits()]
    .map((half) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0'))
    .join('');
  return bits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * @param by `stream` where the event was found by its stream: the index there does not know the commit position of an
 *   event in a transaction of old, so that it has no position at all
 */
export function eventMessage(event: StoredEvent, by: 'all' | 'stream'): ReadResp {
  const known = by === 'all' || event.commit === event.prepare;
  const { commit, prepare } = known ? event : { commit: NO_POSITION, prepare: NO_POSITION };
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(identifierOf(event.stream))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(commit))
    .setPreparePosition(String(prepare))
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.contentType)
    .set('created', String(BigInt(event.createdMs) * TICKS_PER_MILLISECOND));
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded);
  if (known) read.setCommitPosition(String(commit));
  else read.setNoPosition(new shared.Empty());
  return new streams.ReadResp().setEvent(read);
}

export function confirmationMessage(subscription: string): ReadResp {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  return new streams.ReadResp().setConfirmation(confirmation.setSubscriptionId(subscription));
}

export function checkpointMessage({ commit, prepare }: LogPosition): ReadResp {
  const checkpoint = new streams.ReadResp.Checkpoint()
    .setCommitPosition(String(commit))
    .setPreparePosition(String(prepare));
  return new streams.ReadResp().setCheckpoint(checkpoint);
}

export const caughtUpMessage = (): ReadResp =>
  new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

export const fellBehindMessage = (): ReadResp =>
  new streams.ReadResp().setFellBehind(new streams.ReadResp.FellBehind());

export function streamNotFoundMessage(stream: string): ReadResp {
  const notFound = new streams.ReadResp.StreamNotFound();
  return new streams.ReadResp().setStreamNotFound(
    notFound.setStreamIdentifier(identifierOf(stream)),
  );
}

export function positionOf(position: ReadReq.Options.Position | undefined): LogPosition {
  return {
    commit: BigInt(position?.getCommitPosition() ?? 0),
    prepare: BigInt(position?.getPreparePosition() ?? 0),
  };
}

function expectedByState(options: {
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}): ExpectedRevision {
  if (options.hasNoStream()) return 'noStream';
  return options.hasStreamExists() ? 'streamExists' : 'any';
}
