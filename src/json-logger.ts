import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';

/** Nest's log lines as JSON on standard error, where they do not mix with what the start prints for people. */
export class JsonLogger implements LoggerService {
  private readonly out = pino(
    { level: 'warn', base: undefined },
    pino.destination({ fd: 2, sync: false }),
  );

  log(message: unknown, context?: string): void {
    this.out.info({ context }, String(message));
  }

  error(message: unknown, stackOrContext?: string, context?: string): void {
    this.out.error({ context: context ?? stackOrContext }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.out.warn({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.out.debug({ context }, String(message));
  }
}
