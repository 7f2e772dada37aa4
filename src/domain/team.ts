import type { Decider } from './decider.js';
import type { TeamEvent } from './events.js';
import type { TeamId } from './identifiers.js';
import { Rejection } from './rejection.js';

export type TeamState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'existing';
      readonly teamId: TeamId;
      readonly name: string;
      readonly archived: boolean;
    };

export type TeamCommand =
  | { readonly type: 'Create'; readonly teamId: TeamId; readonly name: string }
  | { readonly type: 'Rename'; readonly name: string }
  | { readonly type: 'Archive' };

function decide(command: TeamCommand, state: TeamState): readonly TeamEvent[] {
  if (command.type === 'Create') {
    return [{ type: 'TeamCreated', teamId: command.teamId, name: command.name }];
  }
  if (state.status === 'absent') throw new Rejection('team-unknown');
  const { teamId } = state;
  switch (command.type) {
    case 'Rename':
      return command.name === state.name
        ? []
        : [{ type: 'TeamRenamed', teamId, name: command.name }];
    case 'Archive':
      return state.archived ? [] : [{ type: 'TeamArchived', teamId }];
  }
}

function evolve(state: TeamState, event: TeamEvent): TeamState {
  if (event.type === 'TeamCreated') {
    return { status: 'existing', teamId: event.teamId, name: event.name, archived: false };
  }
  if (state.status === 'absent') return state;
  switch (event.type) {
    case 'TeamRenamed':
      return { ...state, name: event.name };
    case 'TeamArchived':
      return { ...state, archived: true };
  }
}

export const team: Decider<TeamState, TeamCommand, TeamEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
