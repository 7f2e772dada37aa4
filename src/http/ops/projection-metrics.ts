import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { Projector } from '../../projections/projector.js';

/** Tells how far the read side is, from what this process knows: nothing is read for it. */
@Injectable()
export class ProjectionMetrics {
  constructor(registry: Registry, projector: Projector) {
    const labelNames = ['projection'] as const;
    const registers = [registry];
    new Gauge({
      name: 'rollcall_projection_position',
      help: 'Log position up to which the projection is known to be applied.',
      labelNames,
      registers,
      collect() {
        for (const { name, position } of projector.status()) {
          this.set({ projection: name }, Number(position));
        }
      },
    });
    new Gauge({
      name: 'rollcall_projection_halted',
      help: '1 while the projection cannot apply the next event.',
      labelNames,
      registers,
      collect() {
        for (const { name, halted } of projector.status()) {
          this.set({ projection: name }, halted ? 1 : 0);
        }
      },
    });
    new Counter({
      name: 'rollcall_read_your_writes_expired_total',
      help: 'Requests that were answered before reads were known to see every write they had to see.',
      registers,
      collect() {
        this.reset();
        this.inc(projector.expiredWaits);
      },
    });
  }
}
