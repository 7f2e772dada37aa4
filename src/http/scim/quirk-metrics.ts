import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { QuirkListener } from '../../scim/quirks/quirk.js';
import { quirkNames } from '../../scim/quirks/registry.js';
import type { RequestRecord } from './request-record.js';

/** Counts the deviations from the RFCs that requests were understood with. */
@Injectable()
export class QuirkMetrics {
  private readonly total: Counter<'quirk'>;

  constructor(registry: Registry) {
    this.total = new Counter({
      name: 'rollcall_scim_quirks_total',
      help: 'Deviations of SCIM clients from the RFCs that were understood, by quirk.',
      labelNames: ['quirk'],
      registers: [registry],
    });
    for (const quirk of quirkNames) this.total.inc({ quirk }, 0);
  }

  /** Hears of the deviations of one request. */
  of(record: RequestRecord): QuirkListener {
    return (quirk) => {
      this.total.inc({ quirk });
      record.quirk(quirk);
    };
  }
}
