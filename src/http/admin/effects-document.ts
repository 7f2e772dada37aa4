import type { Effects } from '../../projections/roster/preview.queries.js';
import type { EffectsDocument } from './effects.contract.js';

export function presentEffects({ users, groups, teams, locks }: Effects): EffectsDocument {
  return {
    users: users.items,
    groups: groups.items,
    teams: teams.items,
    locks: locks.items,
    totals: {
      users: users.total,
      groups: groups.total,
      teams: teams.total,
      locks: locks.total,
    },
  };
}
