import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { QuirkListener } from '../../scim/quirks/quirk.js';
import { quirkNames } from '../../scim/quirks/registry.js';

/** Counts the deviations from the RFCs that requests were understood with. */
@Injectable()
export class QuirkMetrics {
  readonly count: QuirkListener;

  constructor(registry: Registry) {
    const total = new Counter({
      name: 'rollcall_scim_quirks_total',
      help: 'Deviations of SCIM clients from the RFCs that were understood, by quirk.',
      labelNames: ['quirk'],
      registers: [registry],
    });
    for (const quirk of quirkNames) total.inc({ quirk }, 0);
    this.count = (quirk) => total.inc({ quirk });
  }
}
