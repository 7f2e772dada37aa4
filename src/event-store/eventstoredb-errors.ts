import { ErrorType, isCommandError } from '@eventstore/db-client';

/**
 * The log did not answer in time. Of an append that ended so nobody knows whether it is stored; repeating it with the
 * same ids at the same version is safe.
 */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  /** By which the edges know that a retry may succeed. */
  readonly code = 'LOG_UNAVAILABLE';
}

/** The events of one append are larger, taken together, than the server accepts (its MaxAppendSize, 1 MB by default). */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';

  constructor(
    readonly stream: string,
    readonly limitBytes: number,
  ) {
    super(`the append to ${stream} is larger than the ${limitBytes} bytes that the server accepts`);
  }
}

/** The server has not answered; the client itself would wait for ever. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * What a failure means for the call.
 * - `conflict`, `missing`, `too-large`: the server's answer
 * - `transient`: may succeed later on the same client, which finds the leader or the network again by itself
 * - `broken`: may succeed later, but not on this client
 * - `final`: will not succeed by itself
 */
export type Failure = 'conflict' | 'missing' | 'too-large' | 'transient' | 'broken' | 'final';

/**
 * The gRPC codes INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED and UNAUTHENTICATED, which no repetition changes.
 * Everything else, UNKNOWN and INTERNAL included, may be a node on its way up or down.
 */
const FINAL_CODES: ReadonlySet<unknown> = new Set([3, 7, 12, 16]);

export function classify(error: unknown): Failure {
  if (error instanceof NoAnswer || error instanceof LogUnavailable) return 'broken';
  if (typeof error !== 'object' || error === null) return 'final';
  const code = 'code' in error ? error.code : undefined;
  if (error instanceof Error && isCommandError(error)) {
    return FINAL_CODES.has(code) ? 'final' : byType(error.type);
  }
  return isOfSetUp(error) && !FINAL_CODES.has(code) ? 'broken' : 'final';
}

/** Whether the client that failed so will fail so for ever, because it remembers. */
export const spoilsClient = (error: unknown): boolean =>
  classify(error) === 'broken' || (error instanceof Error && isOfSetUp(error));

/**
 * The client throws plain errors where its own set-up failed, and then keeps the failed set-up: the discovery of the
 * cluster, the question which methods the server has (a plain gRPC error), a channel that is already closed. What it
 * throws for these is an Error and nothing more special; a defect of ours is a subclass.
 */
const isOfSetUp = (error: object): boolean =>
  'name' in error && error.name === 'Error' && !(error instanceof Error && isCommandError(error));

function byType(type: ErrorType): Failure {
  switch (type) {
    case ErrorType.WRONG_EXPECTED_VERSION:
      return 'conflict';
    case ErrorType.STREAM_NOT_FOUND:
    case ErrorType.NO_STREAM:
      return 'missing';
    case ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED:
      return 'too-large';
    case ErrorType.TIMEOUT:
    case ErrorType.DEADLINE_EXCEEDED:
    case ErrorType.UNAVAILABLE:
    case ErrorType.CANCELLED:
    case ErrorType.NOT_LEADER:
    // Also a server that is not ready or too busy, and what the server says in words that this client does not know.
    case ErrorType.UNKNOWN:
      return 'transient';
    default:
      return 'final';
  }
}

export const isRetryable = (error: unknown): boolean =>
  ['transient', 'broken'].includes(classify(error));
