import { once } from 'node:events';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { NeverAnswered, Refused, befall, type Fault } from './faults.js';
import type { Surroundings } from './surroundings.js';

/** Where the messages of one Read call go: keeps to the client's pace and lets a fault befall the call between them. */
export class Outlet {
  private readonly gone = new AbortController();
  private sent = 0;

  constructor(
    private readonly server: Surroundings,
    private readonly call: ServerWritableStream<ReadReq, ReadResp>,
    private fault: Fault | undefined,
  ) {
    const leave = (): void => this.gone.abort();
    for (const event of ['cancelled', 'close', 'error']) call.on(event, leave);
    if (call.cancelled) leave();
  }

  /** Aborts when nobody listens any more. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** @throws NeverAnswered, Refused */
  async begin(): Promise<void> {
    const { fault } = this;
    if (fault?.at === 'arrival') await befall(fault.effect, this.server.victim(this.call));
  }

  /** @returns a promise only where the client is slower than we; NeverAnswered and Refused come through either way */
  send(message: ReadResp): Promise<void> | undefined {
    if (this.signal.aborted || this.server.faults.silence) throw new NeverAnswered();
    const { fault } = this;
    if (fault?.at === 'answer' && this.sent >= fault.afterMessages) {
      this.fault = undefined;
      return befall(fault.effect, this.server.victim(this.call)).then(() => this.send(message));
    }
    this.sent++;
    this.server.countMessage();
    if (this.call.write(message)) return undefined;
    return once(this.call, 'drain', { signal: this.signal }).then(
      () => undefined,
      () => {
        throw new NeverAnswered();
      },
    );
  }

  end(): void {
    this.call.end();
  }

  /** What is no refusal and no silence is a defect of the double. */
  fail(error: unknown): void {
    if (error instanceof Refused) this.call.emit('error', error.refusal);
    else if (!(error instanceof NeverAnswered)) throw new Error('a read failed', { cause: error });
  }
}
