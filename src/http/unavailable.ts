/** SQLSTATE classes and codes, errors of sockets, of the log and of projections, that mean: not now. Among them timeouts and conflicts. */
const UNAVAILABLE =
  /^(?:08...|57P0[123]|53...|57014|40001|40P01|55P03|25P0[34]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|LOG_UNAVAILABLE|PROJECTION_NOT_CAUGHT_UP)$/;
const LOST_CONNECTION =
  /connection terminated|connection timeout|query read timeout|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** Whether the error says that the database or the log cannot be reached or read at present: a retry may succeed. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && UNAVAILABLE.test(error.code))
    return true;
  if (LOST_CONNECTION.test(error.message)) return true;
  return error instanceof AggregateError
    ? error.errors.some(isUnavailable)
    : isUnavailable(error.cause);
}

/** Whether PostgreSQL gave the statement up, because it took longer than statements may. */
export const isStatementTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '57014';
