import codes from '@eventstore/db-client/generated/code_pb.js';
import type { Code } from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpcStatus from '@eventstore/db-client/generated/status_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { sendUnaryData, ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { NeverAnswered, Refused, TimedOut, underFault, type Fault } from './faults.js';
import type { AppendOutcome, ExpectedRevision, ProposedEvent } from './records.js';
import {
  expectedByPosition,
  expectedByRevision,
  identifierOf,
  proposedEvent,
  streamNameOf,
  uuidOf,
} from './messages.js';
import { maximumAppendSizeExceeded, streamDeleted } from './refusals.js';
import type { Surroundings } from './surroundings.js';

interface PendingAppend {
  readonly correlation: string;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedEvent[];
  size: number;
}

/** Streams/Append: one call an append, events one by one. */
export function append(server: Surroundings) {
  return (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>) => {
    server.count('append');
    const requests: AppendReq[] = [];
    call.on('data', (request: AppendReq) => requests.push(request));
    call.on('error', () => undefined);
    call.on('end', () => void complete());
    const complete = async (): Promise<void> => {
      try {
        server.access.checkCaller(call.metadata);
        server.checkLeadership(call, 'write');
        const fault = server.faults.take('append');
        const response = await underFault(fault, server.victim(call), () =>
          appendRequests(server, requests),
        );
        answer(null, response);
      } catch (error) {
        if (error instanceof Refused) answer(error.refusal);
        else if (!(error instanceof NeverAnswered)) throw error;
      }
    };
  };
}

/** @throws Refused */
function appendRequests({ log, maxAppendSize }: Surroundings, requests: AppendReq[]): AppendResp {
  const options = requests[0]?.getOptions() ?? new streams.AppendReq.Options();
  const stream = streamNameOf(options.getStreamIdentifier());
  const expected = expectedByRevision(options);
  const events = requests
    .map((request) => request.getProposedMessage())
    .filter((message) => message !== undefined)
    .map(proposedEvent);
  if (sizeOf(events) > maxAppendSize) throw new Refused(maximumAppendSizeExceeded(maxAppendSize));
  const outcome = log.append(stream, expected, events);
  switch (outcome.kind) {
    case 'stream-deleted':
      throw new Refused(streamDeleted(stream));
    case 'wrong-expected-revision':
      return conflict(expected, outcome.current);
    case 'appended':
      return appended(outcome);
  }
}

function appended({ revision, position }: AppendOutcome & { kind: 'appended' }): AppendResp {
  const at = new streams.AppendResp.Position()
    .setCommitPosition(String(position.commit))
    .setPreparePosition(String(position.prepare));
  const success = new streams.AppendResp.Success().setPosition(at);
  if (revision < 0n) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(revision));
  return new streams.AppendResp().setSuccess(success);
}

function conflict(expected: ExpectedRevision, current: bigint): AppendResp {
  const details = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0n) details.setCurrentNoStream(new shared.Empty());
  else details.setCurrentRevision(String(current));
  switch (expected) {
    case 'any':
      details.setExpectedAny(new shared.Empty());
      break;
    case 'noStream':
      details.setExpectedNoStream(new shared.Empty());
      break;
    case 'streamExists':
      details.setExpectedStreamExists(new shared.Empty());
      break;
    default:
      details.setExpectedRevision(String(expected));
  }
  return new streams.AppendResp().setWrongExpectedVersion(details);
}

/** Streams/BatchAppend: one call for all appends of a client; refusals of the log are answers, not the end of the call. */
export function batchAppend(server: Surroundings) {
  return (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void => {
    const pending = new Map<string, PendingAppend>();
    call.on('error', () => undefined);
    call.on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      const gathered = gather(pending, request);
      if (!request.getIsFinal()) return;
      pending.delete(gathered.correlation);
      server.count('batchAppend');
      answerBatch(server, call, gathered);
    });
  };
}

/** An append comes in several requests when it is large; the first has the options. */
function gather(pending: Map<string, PendingAppend>, request: BatchAppendReq): PendingAppend {
  const correlation = uuidOf(request.getCorrelationId());
  const options = request.getOptions() ?? new streams.BatchAppendReq.Options();
  const begun = pending.get(correlation) ?? {
    correlation,
    stream: streamNameOf(options.getStreamIdentifier()),
    expected: expectedByPosition(options),
    events: [],
    size: 0,
  };
  const events = request.getProposedMessagesList().map(proposedEvent);
  begun.events.push(...events);
  begun.size += sizeOf(events);
  pending.set(correlation, begun);
  return begun;
}

function answerBatch(
  server: Surroundings,
  call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>,
  pending: PendingAppend,
): void {
  const answer = (response: BatchAppendResp): void => {
    if (call.writable && !call.cancelled) call.write(response);
  };
  const end = (error: unknown): void => {
    if (error instanceof TimedOut) answer(inBand(pending, timeoutStatus()));
    else if (error instanceof Refused) call.emit('error', error.refusal);
    else if (!(error instanceof NeverAnswered)) throw error;
  };
  const perform = (): BatchAppendResp => {
    server.access.checkCaller(call.metadata);
    server.checkLeadership(call, 'write');
    return appendBatch(server, pending);
  };
  const fault: Fault | undefined = server.faults.take('batchAppend');
  if (fault) {
    underFault(fault, server.victim(call), perform).then(answer, end);
    return;
  }
  // Without a turn of the event loop in between, appends are done in the order in which they arrive.
  try {
    answer(perform());
  } catch (error) {
    end(error);
  }
}

function appendBatch(
  { log, maxAppendSize }: Surroundings,
  pending: PendingAppend,
): BatchAppendResp {
  const { stream, expected, events, size } = pending;
  if (size > maxAppendSize) return inBand(pending, tooLargeStatus(maxAppendSize));
  const outcome = log.append(stream, expected, events);
  switch (outcome.kind) {
    case 'stream-deleted':
      return inBand(pending, deletedStatus(stream));
    case 'wrong-expected-revision':
      return inBand(pending, conflictStatus(expected, outcome.current));
    case 'appended':
      return inBand(pending, batchAppended(outcome));
  }
}

function batchAppended({
  revision,
  position,
}: AppendOutcome & { kind: 'appended' }): BatchAppendResp.Success {
  const at = new shared.AllStreamPosition()
    .setCommitPosition(String(position.commit))
    .setPreparePosition(String(position.prepare));
  const success = new streams.BatchAppendResp.Success().setPosition(at);
  return revision < 0n
    ? success.setNoStream(new empty.Empty())
    : success.setCurrentRevision(String(revision));
}

function inBand(
  { correlation, stream }: PendingAppend,
  result: Status | BatchAppendResp.Success,
): BatchAppendResp {
  const response = new streams.BatchAppendResp()
    .setCorrelationId(new shared.UUID().setString(correlation))
    .setStreamIdentifier(identifierOf(stream));
  return result instanceof rpcStatus.Status
    ? response.setError(result)
    : response.setSuccess(result);
}

function conflictStatus(expected: ExpectedRevision, current: bigint): Status {
  const details = new shared.WrongExpectedVersion();
  if (current < 0n) details.setCurrentNoStream(new empty.Empty());
  else details.setCurrentStreamRevision(String(current));
  switch (expected) {
    case 'any':
      details.setExpectedAny(new empty.Empty());
      break;
    case 'noStream':
      details.setExpectedNoStream(new empty.Empty());
      break;
    case 'streamExists':
      details.setExpectedStreamExists(new empty.Empty());
      break;
    default:
      details.setExpectedStreamPosition(String(expected));
  }
  return statusWith(codes.Code.FAILED_PRECONDITION, 'WrongExpectedVersion', details);
}

const deletedStatus = (stream: string): Status =>
  statusWith(
    codes.Code.FAILED_PRECONDITION,
    'StreamDeleted',
    new shared.StreamDeleted().setStreamIdentifier(identifierOf(stream)),
  );

const tooLargeStatus = (limit: number): Status =>
  statusWith(
    codes.Code.INVALID_ARGUMENT,
    'MaximumAppendSizeExceeded',
    new shared.MaximumAppendSizeExceeded().setMaxappendsize(limit),
  );

const timeoutStatus = (): Status =>
  statusWith(codes.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());

/** @param name of the status and of the message with its details */
function statusWith(code: Code, name: string, details: { serializeBinary(): Uint8Array }): Status {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  return new rpcStatus.Status().setCode(code).setMessage(name).setDetails(packed);
}

const sizeOf = (events: readonly ProposedEvent[]): number =>
  events.reduce(
    (sum, { type, data, metadata }) => sum + 2 * type.length + data.length + metadata.length,
    0,
  );
