import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { AccessQueries } from '../../projections/access/access.queries.js';
import { Projector, type ProjectionName } from '../../projections/projector.js';
import { Startup } from './startup.js';

const CHECK_TIMEOUT_MS = 3_000;
const PROJECTIONS: readonly ProjectionName[] = ['access', 'directory', 'roster', 'history'];

interface Readiness {
  readonly status: 'ok' | 'error';
  readonly parts: HealthIndicatorResult;
}

/** Whether the process lives, and whether it can do its work. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly access: AccessQueries,
    private readonly projector: Projector,
    private readonly startup: Startup,
  ) {}

  /** Needs nothing but the process: a lost database is no reason to restart it. */
  @Get('healthz')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether it has ever been able to serve: until then a proxy sends it nothing, afterwards it bears delays. */
  @Get('startupz')
  begun(@Res({ passthrough: true }) reply: FastifyReply): { readonly status: 'ok' | 'starting' } {
    const { isDone } = this.startup;
    void reply.status(isDone ? 200 : 503).header('cache-control', 'no-store');
    return { status: isDone ? 'ok' : 'starting' };
  }

  /**
   * 200 when the start is done, the database answers and every projection catches up with the log within the bound of reads, else 503.
   * Without a database nothing is asked of the log, which would wait for it and outlive the request.
   */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const database = await this.check('database', () => this.access.ping(), 'it cannot be reached');
    const projections = isUp(database) ? await this.projections() : {};
    const start = await this.check('start', () => this.started(), 'it is still going on');
    const parts = { ...start, ...database, ...projections };
    const ready = isUp(parts);
    void reply.status(ready ? 200 : 503).header('cache-control', 'no-store');
    return { status: ready ? 'ok' : 'error', parts };
  }

  private async projections(): Promise<HealthIndicatorResult> {
    const checks = PROJECTIONS.map((name) =>
      this.check(name, () => this.catchUp(name), 'it is halted or too far behind'),
    );
    return Object.assign({}, ...(await Promise.all(checks)));
  }

  /** @param otherwise stands for an error, whose own text may name hosts and accounts */
  private check(
    part: string,
    work: () => Promise<void>,
    otherwise: string,
  ): PromiseLike<HealthIndicatorResult> {
    return this.indicators
      .check(part)
      .attempt(() =>
        work().catch(() => {
          throw new Error(otherwise);
        }),
      )
      .withTimeout(CHECK_TIMEOUT_MS);
  }

  private started(): Promise<void> {
    return this.startup.isDone ? Promise.resolve() : Promise.reject(new Error('starting'));
  }

  private async catchUp(name: ProjectionName): Promise<void> {
    const halted = this.projector.status().some((status) => status.name === name && status.halted);
    if (halted || !(await this.projector.waitForHead(name))) throw new Error(`${name} is behind`);
  }
}

const isUp = (parts: HealthIndicatorResult): boolean =>
  Object.values(parts).every(({ status }) => status === 'up');
