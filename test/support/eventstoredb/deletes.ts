import streams from '@eventstore/db-client/generated/streams_pb.js';
import type {
  DeleteReq,
  DeleteResp,
  TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { NeverAnswered, Refused, underFault } from './faults.js';
import type { AppendOutcome, ExpectedRevision, LogPosition } from './records.js';
import { expectedByRevision, streamNameOf } from './messages.js';
import { streamDeleted, wrongExpectedVersion } from './refusals.js';
import type { Surroundings } from './surroundings.js';

/** How conflicts name what is no revision. */
const EXPECTED_NUMBERS = { any: -2n, noStream: -1n, streamExists: -4n } as const;

/** Streams/Delete: soft deletion. */
export function deleteStream(server: Surroundings) {
  return (call: ServerUnaryCall<DeleteReq, DeleteResp>, answer: sendUnaryData<DeleteResp>) => {
    const options = call.request.getOptions() ?? new streams.DeleteReq.Options();
    void end(server, 'delete', call, options, answer, ({ commit, prepare }) =>
      new streams.DeleteResp().setPosition(
        new streams.DeleteResp.Position()
          .setCommitPosition(String(commit))
          .setPreparePosition(String(prepare)),
      ),
    );
  };
}

/** Streams/Tombstone: deletion for ever. */
export function tombstone(server: Surroundings) {
  return (
    call: ServerUnaryCall<TombstoneReq, TombstoneResp>,
    answer: sendUnaryData<TombstoneResp>,
  ) => {
    const options = call.request.getOptions() ?? new streams.TombstoneReq.Options();
    void end(server, 'tombstone', call, options, answer, ({ commit, prepare }) =>
      new streams.TombstoneResp().setPosition(
        new streams.TombstoneResp.Position()
          .setCommitPosition(String(commit))
          .setPreparePosition(String(prepare)),
      ),
    );
  };
}

async function end<Response>(
  server: Surroundings,
  method: 'delete' | 'tombstone',
  call: ServerUnaryCall<unknown, Response>,
  options: DeleteReq.Options | TombstoneReq.Options,
  answer: sendUnaryData<Response>,
  respond: (position: LogPosition) => Response,
): Promise<void> {
  server.count(method);
  const stream = streamNameOf(options.getStreamIdentifier());
  const expected = expectedByRevision(options);
  try {
    server.access.checkCaller(call.metadata);
    server.checkLeadership(call, 'write');
    const fault = server.faults.take(method);
    const outcome = await underFault(fault, server.victim(call), () =>
      server.log[method](stream, expected),
    );
    answer(null, respond(positionOf(outcome, stream, expected)));
  } catch (error) {
    if (error instanceof Refused) answer(error.refusal);
    else if (!(error instanceof NeverAnswered)) throw error;
  }
}

/** @throws Refused */
function positionOf(
  outcome: AppendOutcome,
  stream: string,
  expected: ExpectedRevision,
): LogPosition {
  switch (outcome.kind) {
    case 'appended':
      return outcome.position;
    case 'stream-deleted':
      throw new Refused(streamDeleted(stream));
    case 'wrong-expected-revision': {
      const number = typeof expected === 'bigint' ? expected : EXPECTED_NUMBERS[expected];
      throw new Refused(wrongExpectedVersion(stream, number, outcome.current));
    }
  }
}
