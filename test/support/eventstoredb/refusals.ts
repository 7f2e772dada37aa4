import { Metadata, status } from '@grpc/grpc-js';

/** Ends a call with a status; the trailer `exception` is what the client makes its typed errors of. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export function refusal(
  code: status,
  details: string,
  trailers: Readonly<Record<string, string>> = {},
): Refusal {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
}

export const unavailable = (details = 'Server Is Not Ready'): Refusal =>
  refusal(status.UNAVAILABLE, details);

export const unimplemented = (): Refusal =>
  refusal(status.UNIMPLEMENTED, 'Service is unimplemented.');

export const timeout = (): Refusal => refusal(status.ABORTED, 'Operation timed out');

export const invalidArgument = (details: string): Refusal =>
  refusal(status.INVALID_ARGUMENT, details);

/** A position at which no record of the log begins. */
export const invalidPosition = (): Refusal =>
  refusal(status.UNKNOWN, 'Unexpected ReadAllResult: Error');

export const accessDenied = (): Refusal =>
  refusal(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const unauthenticated = (): Refusal => refusal(status.UNAUTHENTICATED, 'Unauthenticated');

export const notLeader = (leader: Endpoint): Refusal =>
  refusal(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': leader.address,
    'leader-endpoint-port': String(leader.port),
  });

export const streamDeleted = (stream: string): Refusal =>
  refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const wrongExpectedVersion = (stream: string, expected: bigint, actual: bigint): Refusal =>
  refusal(
    status.FAILED_PRECONDITION,
    `failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expected),
      'actual-version': String(actual),
    },
  );

export const maximumAppendSizeExceeded = (limit: number): Refusal =>
  refusal(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
