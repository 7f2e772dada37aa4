import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Registry } from 'prom-client';
import { HealthController } from './health.controller.js';
import { HttpMetrics } from './http-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { processRegistry } from './process-metrics.js';
import { ProjectionMetrics } from './projection-metrics.js';

/** /healthz, /readyz and /metrics. */
export const opsControllers: Type[] = [HealthController, MetricsController];

export const opsImports: DynamicModule[] = [TerminusModule.forRoot({ logger: false })];

/** What they need besides Projector and AccessQueries. */
export const opsProviders: Provider[] = [
  { provide: Registry, useFactory: processRegistry },
  HttpMetrics,
  ProjectionMetrics,
];
