import { randomUUID } from 'node:crypto';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { NeverAnswered, Refused } from './faults.js';
import { filterOf } from './filter.js';
import type { EventLog } from './log.js';
import type { StoredEvent } from './records.js';
import {
  caughtUpMessage,
  checkpointMessage,
  confirmationMessage,
  eventMessage,
  fellBehindMessage,
  positionOf,
  streamNameOf,
  streamNotFoundMessage,
} from './messages.js';
import { Outlet } from './outlet.js';
import { invalidArgument, invalidPosition, streamDeleted } from './refusals.js';
import type { Surroundings } from './surroundings.js';

/** How many events a live subscription may lag before the server sends it back to reading. */
const LIVE_BUFFER = 32;

/** Streams/Read: reads of a stream or of `$all` in both directions, and subscriptions to either. */
export function read(server: Surroundings) {
  return (call: ServerWritableStream<ReadReq, ReadResp>): void => {
    const options = call.request.getOptions() ?? new streams.ReadReq.Options();
    const method = options.hasSubscription() ? 'subscribe' : 'read';
    server.count(method);
    const outlet = new Outlet(server, call, server.faults.take(method));
    answer(server, call, options, outlet).then(
      () => outlet.end(),
      (error: unknown) => outlet.fail(error),
    );
  };
}

/** @throws NeverAnswered, Refused */
async function answer(
  server: Surroundings,
  call: ServerWritableStream<ReadReq, ReadResp>,
  options: ReadReq.Options,
  outlet: Outlet,
): Promise<void> {
  server.access.checkMayRead(streamOf(options), call.metadata);
  server.checkLeadership(call, 'read');
  await outlet.begin();
  if (options.hasSubscription()) await subscribe(server, options, outlet);
  else if (options.hasAll()) await readAll(server.log, options, outlet);
  else await readStream(server.log, options, outlet);
}

function streamOf(options: ReadReq.Options): string {
  return options.hasAll() ? '$all' : streamNameOf(options.getStream()?.getStreamIdentifier());
}

const isBackwards = (options: ReadReq.Options): boolean =>
  options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;

async function readStream(log: EventLog, options: ReadReq.Options, outlet: Outlet): Promise<void> {
  const stream = streamOf(options);
  if (log.isTombstoned(stream)) throw new Refused(streamDeleted(stream));
  if (!log.exists(stream)) {
    await outlet.send(streamNotFoundMessage(stream));
    return;
  }
  const at = options.getStream();
  const from = at?.hasRevision() ? BigInt(at.getRevision()) : at?.hasEnd() ? 'end' : 'start';
  const limit = Number(options.getCount());
  for (const event of log.readStream(stream, { from, backwards: isBackwards(options), limit })) {
    await outlet.send(eventMessage(event, 'stream'));
  }
}

/** Forwards the event at the position is the first, backwards the one before it. */
async function readAll(log: EventLog, options: ReadReq.Options, outlet: Outlet): Promise<void> {
  const backwards = isBackwards(options);
  const matches = filterOf(options)?.matches ?? (() => true);
  let index = allIndex(log, options);
  for (let left = Number(options.getCount()); left > 0; index += backwards ? -1 : 1) {
    const place = backwards ? index - 1 : index;
    if (place < 0 || place >= log.length) return;
    const event = log.at(place);
    if (!matches(event)) continue;
    await outlet.send(eventMessage(event, 'all'));
    left--;
  }
}

/** @throws Refused */
function allIndex(log: EventLog, options: ReadReq.Options): number {
  const all = options.getAll();
  if (all?.hasEnd()) return log.length;
  if (!all?.hasPosition()) return 0;
  const position = positionOf(all.getPosition());
  if (position.commit < position.prepare) {
    throw new Refused(
      invalidArgument('The commit position cannot be less than the prepare position'),
    );
  }
  if (!log.isReadable(position)) throw new Refused(invalidPosition());
  return log.indexAt(position);
}

async function subscribe(
  server: Surroundings,
  options: ReadReq.Options,
  outlet: Outlet,
): Promise<void> {
  const subscription = server.subscriptions.enter();
  try {
    await outlet.send(confirmationMessage(randomUUID()));
    const follower = new Follower(server.log, options, outlet);
    while (!outlet.signal.aborted) {
      await follower.advance(() => subscription.stalled);
      // No turn of the event loop between the question and the wait: an append in between would go unheard.
      if (subscription.stalled || !follower.isBehind) await server.log.changed(outlet.signal);
    }
    throw new NeverAnswered();
  } finally {
    server.subscriptions.leave(subscription);
  }
}

/** A subscription's place in `$all`. One to a stream follows `$all` as well and passes over all other streams. */
class Follower {
  private readonly stream: string | undefined;
  private readonly after: bigint;
  private readonly filter;
  private index: number;
  private lookedAt = 0;
  private live = false;

  constructor(
    private readonly log: EventLog,
    options: ReadReq.Options,
    private readonly outlet: Outlet,
  ) {
    const at = options.getStream();
    this.stream = options.hasAll() ? undefined : streamOf(options);
    this.after = at?.hasRevision() ? BigInt(at.getRevision()) : -1n;
    this.filter = filterOf(options);
    this.index =
      this.stream === undefined ? indexAfter(log, options) : at?.hasEnd() ? log.length : 0;
  }

  get isBehind(): boolean {
    return this.index < this.log.length;
  }

  /** Sends what is new, and that there is no more. */
  async advance(isStalled: () => boolean): Promise<void> {
    while (this.isBehind && !isStalled()) {
      if (this.live && this.log.length - this.index > LIVE_BUFFER) {
        this.live = false;
        await this.outlet.send(fellBehindMessage());
      }
      await this.look(this.log.at(this.index++));
    }
    if (this.live || isStalled()) return;
    this.live = true;
    await this.outlet.send(caughtUpMessage());
  }

  private async look(event: StoredEvent): Promise<void> {
    if (this.stream !== undefined) {
      if (event.stream !== this.stream || event.revision <= this.after) return;
      if (event.revision < this.log.firstVisible(event.stream)) return;
      if (this.log.isTombstoned(this.stream)) throw new Refused(streamDeleted(this.stream));
      await this.outlet.send(eventMessage(event, 'stream'));
      return;
    }
    if (this.filter?.matches(event) ?? true) await this.outlet.send(eventMessage(event, 'all'));
    if (!this.filter || ++this.lookedAt % this.filter.checkpointInterval > 0) return;
    await this.outlet.send(checkpointMessage(event));
  }
}

/** The position of a subscription is that of the last event its client knows. */
function indexAfter(log: EventLog, options: ReadReq.Options): number {
  const index = allIndex(log, options);
  const position = options.getAll()?.getPosition();
  if (!position || index >= log.length) return index;
  const { commit, prepare } = positionOf(position);
  const event = log.at(index);
  return event.commit === commit && event.prepare === prepare ? index + 1 : index;
}
