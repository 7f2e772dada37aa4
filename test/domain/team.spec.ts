import type { TeamEvent } from '../../src/domain/events.js';
import { team } from '../../src/domain/team.js';
import { engineering as teamId } from './facts.js';
import { given } from './specification.js';

const created: TeamEvent = { type: 'TeamCreated', teamId, name: 'Engineers' };
const renamed: TeamEvent = { type: 'TeamRenamed', teamId, name: 'Builders' };
const archived: TeamEvent = { type: 'TeamArchived', teamId };

describe('a team', () => {
  it('is created', () => {
    given(team).when({ type: 'Create', teamId, name: 'Engineers' }).then([created]);
  });

  it('is renamed', () => {
    given(team, [created]).when({ type: 'Rename', name: 'Builders' }).then([renamed]);
  });

  it('is archived', () => {
    given(team, [created]).when({ type: 'Archive' }).then([archived]);
  });

  it('renaming it to its own name appends nothing', () => {
    given(team, [created, renamed]).when({ type: 'Rename', name: 'Builders' }).thenNothing();
  });

  it('archiving it again appends nothing', () => {
    given(team, [created, archived]).when({ type: 'Archive' }).thenNothing();
  });

  it('stays archived when it is renamed', () => {
    given(team, [created, archived, renamed]).when({ type: 'Archive' }).thenNothing();
  });

  it.each([{ type: 'Rename', name: 'Builders' } as const, { type: 'Archive' } as const])(
    '$type of no team is refused',
    (command) => {
      given(team).when(command).thenRejects('team-unknown');
    },
  );
});
