import { HttpException } from '@nestjs/common';

/** After how long a client should try again when the service is not available. */
export const RETRY_AFTER_SECONDS = '5';

/** The HTTP status that the framework gave an error; undefined for an error of ours. */
export function statusOf(exception: unknown): number | undefined {
  if (exception instanceof HttpException) return exception.getStatus();
  if (!(exception instanceof Error) || !('statusCode' in exception)) return undefined;
  return typeof exception.statusCode === 'number' ? exception.statusCode : undefined;
}

/** Where it happened, without the message: that may quote values, hence personal data. */
export function placeOf(exception: unknown): string {
  if (!(exception instanceof Error)) return typeof exception;
  const frames = (exception.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [exception.name, ...frames].join('\n');
}
