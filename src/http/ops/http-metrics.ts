import { Injectable } from '@nestjs/common';
import { Histogram, Registry } from 'prom-client';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What a request was addressed to. */
export type Edge = 'scim' | 'api' | 'other';

/** Counts and times requests. */
@Injectable()
export class HttpMetrics {
  private readonly duration: Histogram<'edge' | 'method' | 'status'>;

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'rollcall_http_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer, by edge, method and status class.',
      labelNames: ['edge', 'method', 'status'],
      buckets: SECONDS,
      registers: [registry],
    });
  }

  /** @param status the HTTP status code; only its class becomes a label */
  observe(edge: Edge, method: string, status: number, seconds: number): void {
    const labels = {
      edge,
      method: METHODS.has(method) ? method : 'other',
      status: `${Math.floor(status / 100)}xx`,
    };
    this.duration.observe(labels, seconds);
  }
}
