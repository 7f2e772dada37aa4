import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { defaultPolicies } from '../../domain/policies.js';
import { RequestLog } from '../../projections/scim-requests/request-log.js';
import { ScimRequestQueries } from '../../projections/scim-requests/scim-requests.queries.js';

/** Tells how many identity providers fell silent. Their organizations are no labels: there may be thousands. */
@Injectable()
export class ProvisioningMetrics {
  constructor(registry: Registry, requests: ScimRequestQueries, log: RequestLog) {
    const registers = [registry];
    new Gauge({
      name: 'rollcall_scim_silent_organizations',
      help: 'Organizations with SCIM on whose identity provider sent nothing for longer than their policy silentAfterMinutes; NaN while the database cannot tell.',
      registers,
      async collect() {
        const { silentAfterMinutes } = defaultPolicies;
        this.set(await requests.silentOrganizations(silentAfterMinutes).catch(() => Number.NaN));
      },
    });
    new Counter({
      name: 'rollcall_scim_request_log_dropped_total',
      help: 'SCIM requests that are missing in the log of requests, because the database did not take them in time.',
      registers,
      collect() {
        this.reset();
        this.inc(log.dropped);
      },
    });
  }
}
