import type { Provider, Type } from '@nestjs/common';
import { Registry } from 'prom-client';
import { HealthController } from './health.controller.js';
import { HttpMetrics } from './http-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { processRegistry } from './process-metrics.js';
import { ProjectionMetrics } from './projection-metrics.js';
import { ProvisioningMetrics } from './provisioning-metrics.js';
import { Startup } from './startup.js';

/** /healthz, /startupz, /readyz and /metrics. */
export const opsControllers: Type[] = [HealthController, MetricsController];

/** What they need besides Projector, the queries, RequestLog and TerminusModule. */
export const opsProviders: Provider[] = [
  { provide: Registry, useFactory: processRegistry },
  Startup,
  HttpMetrics,
  ProjectionMetrics,
  ProvisioningMetrics,
];
