import fc from 'fast-check';
import type { GroupEvent } from '../../src/domain/events.js';
import {
  group,
  membershipChange,
  requireGroup,
  type MembershipEdit,
  type StatedGroup,
} from '../../src/domain/group.js';
import type { TeamId, UserId } from '../../src/domain/identifiers.js';
import { MemberSet } from '../../src/domain/member-set.js';
import {
  ada,
  bob,
  engineering,
  engineers,
  firstClaim,
  groupCreated,
  membersChanged,
  secondClaim,
} from './facts.js';
import { given, stateAfter } from './specification.js';

const stated = (change: Partial<StatedGroup> = {}): StatedGroup => ({
  displayName: 'Engineers',
  externalId: null,
  membership: [],
  ...change,
});
const synchronize = (change: Partial<StatedGroup> = {}, claimId = firstClaim) =>
  ({ type: 'Synchronize', claimId, stated: stated(change) }) as const;
const edits = (...membership: MembershipEdit[]) => synchronize({ membership });
const linked: GroupEvent = { type: 'GroupLinked', groupId: engineers, teamId: engineering };
const marketing = '00000000-0000-7000-8000-0000000000aa' as TeamId;
const unlinked = (byChoice: boolean): GroupEvent => ({
  type: 'GroupUnlinked',
  groupId: engineers,
  teamId: engineering,
  byChoice,
});
const deleted: GroupEvent = { type: 'GroupDeleted', groupId: engineers };
const fenced: GroupEvent = { type: 'ClaimFenced', claimId: secondClaim };

describe('a group', () => {
  it('is created, linked to its team and filled', () => {
    given(group)
      .when({
        type: 'Create',
        groupId: engineers,
        claimId: firstClaim,
        teamId: engineering,
        stated: stated({ membership: [{ op: 'replace', members: [ada, bob] }] }),
      })
      .then([groupCreated, linked, membersChanged([ada, bob])]);
  });

  it('without members and team is created by one fact', () => {
    given(group)
      .when({
        type: 'Create',
        groupId: engineers,
        claimId: null,
        teamId: null,
        stated: stated({ externalId: 'x' }),
      })
      .then([{ ...groupCreated, claimId: null, externalId: 'x' }]);
  });

  it('is renamed under the claim of its new name', () => {
    given(group, [groupCreated])
      .when(synchronize({ displayName: 'Builders' }, secondClaim))
      .then([
        {
          type: 'GroupRenamed',
          groupId: engineers,
          displayName: 'Builders',
          claimId: secondClaim,
        },
      ]);
  });

  it.each([{ from: null, to: 'x' } as const, { from: 'x', to: null } as const])(
    'has externalId $to after $from',
    ({ from, to }) => {
      given(group, [{ ...groupCreated, externalId: from }])
        .when(synchronize({ externalId: to }))
        .then([{ type: 'GroupExternalIdChanged', groupId: engineers, externalId: to }]);
    },
  );

  it('names who joined and who left, each once', () => {
    given(group, [groupCreated, membersChanged([ada])])
      .when(edits({ op: 'add', members: [bob, bob] }, { op: 'remove', members: [ada, ada] }))
      .then([membersChanged([bob], [ada])]);
  });

  it.each([
    { what: 'adding a member again', edit: { op: 'add', members: [ada] } as const },
    { what: 'removing somebody else', edit: { op: 'remove', members: [bob] } as const },
    { what: 'replacing by the same', edit: { op: 'replace', members: [ada] } as const },
    { what: 'no edit at all', edit: { op: 'add', members: [] } as const },
  ])('$what appends nothing', ({ edit }) => {
    given(group, [groupCreated, membersChanged([ada])])
      .when(edits(edit))
      .thenNothing();
  });

  it('splits 12,001 changes into events of at most 5,000 ids that come to the whole', () => {
    const leaving = ids(5_500, 'l');
    const joining = ids(6_501, 'j');
    const history = [groupCreated, membersChanged(leaving)];
    const command = edits({ op: 'replace', members: joining });
    const events = group.decide(command, stateAfter(group, history)) as ReturnType<
      typeof membersChanged
    >[];
    expect(events.map(({ added, removed }) => added.length + removed.length)).toEqual([
      5_000, 5_000, 2_001,
    ]);
    const { members } = requireGroup(stateAfter(group, [...history, ...events]));
    expect([...members].sort()).toEqual([...joining].sort());
  });

  it('drops a member', () => {
    given(group, [groupCreated, membersChanged([ada, bob])])
      .when({ type: 'DropMembers', members: [ada] })
      .then([membersChanged([], [ada])]);
  });

  it.each([
    { state: 'somebody who is no member', history: [groupCreated] },
    { state: 'a member of no group', history: [] },
    { state: 'a member of a deleted group', history: [groupCreated, deleted] },
  ])('dropping $state appends nothing', ({ history }) => {
    given(group, history)
      .when({ type: 'DropMembers', members: [ada] })
      .thenNothing();
  });

  it('is linked, and takes over the members of its team', () => {
    given(group, [groupCreated, membersChanged([ada])])
      .when({ type: 'Link', teamId: engineering, members: [ada, bob] })
      .then([linked, membersChanged([bob])]);
  });

  it('linking it to its team again appends nothing', () => {
    given(group, [groupCreated, linked])
      .when({ type: 'Link', teamId: engineering, members: [ada] })
      .thenNothing();
  });

  it('is not linked to a second team', () => {
    given(group, [groupCreated, linked])
      .when({ type: 'Link', teamId: marketing, members: [] })
      .thenRejects('link-conflict', { team: engineering });
  });

  it.each([true, false])('is unlinked, by choice: %s', (byChoice) => {
    given(group, [groupCreated, linked])
      .when({ type: 'Unlink', byChoice })
      .then([unlinked(byChoice)]);
  });

  it('unlinking what feeds no team appends nothing', () => {
    given(group, [groupCreated, linked, unlinked(true)])
      .when({ type: 'Unlink', byChoice: true })
      .thenNothing();
  });

  it.each([
    { what: 'by choice', history: [linked, unlinked(true)], keptApart: true },
    {
      what: 'by choice and linked since',
      history: [linked, unlinked(true), linked],
      keptApart: true,
    },
    { what: 'by an undone step', history: [linked, unlinked(false)], keptApart: false },
  ])('that was unlinked $what is kept apart: $keptApart', ({ history, keptApart }) => {
    expect(requireGroup(stateAfter(group, [groupCreated, ...history])).keptApart).toBe(keptApart);
  });

  it('is deleted', () => {
    given(group, [groupCreated]).when({ type: 'Delete' }).then([deleted]);
  });

  it.each([
    { state: 'no', history: [] },
    { state: 'a deleted', history: [groupCreated, deleted] },
    { state: 'a fenced but never created', history: [fenced] },
  ])('$state group cannot be synchronized, linked or unlinked', ({ history }) => {
    given(group, history).when(synchronize()).thenRejects('group-unknown');
    given(group, history)
      .when({ type: 'Link', teamId: engineering, members: [] })
      .thenRejects('group-unknown');
    given(group, history).when({ type: 'Unlink', byChoice: true }).thenRejects('group-unknown');
  });

  it('a deleted group cannot be deleted again', () => {
    given(group, [groupCreated, deleted]).when({ type: 'Delete' }).thenRejects('group-unknown');
  });

  it('has a claim fenced, whatever its state', () => {
    given(group).when({ type: 'FenceClaim', claimId: secondClaim }).then([fenced]);
  });

  it('neither a link nor its end nor a fence changes its version', () => {
    expect(stateAfter(group, [groupCreated, linked, fenced])).toMatchObject({
      version: 0,
      teamId: engineering,
    });
    expect(stateAfter(group, [groupCreated, linked, unlinked(true)])).toMatchObject({
      version: 0,
      teamId: null,
    });
  });
});

const ids = (count: number, prefix: string): UserId[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}` as UserId);

const member = fc.constantFrom(...ids(6, 'm'));
const members = fc.array(member, { maxLength: 6 });
const membership = fc.array(
  fc.record({ op: fc.constantFrom('add', 'remove', 'replace'), members }),
  { maxLength: 6 },
) as fc.Arbitrary<MembershipEdit[]>;

function editedOneByOne(present: readonly UserId[], steps: readonly MembershipEdit[]): UserId[] {
  let set = new Set(present);
  for (const { op, members: named } of steps) {
    if (op === 'replace') set = new Set(named);
    if (op === 'add') for (const each of named) set.add(each);
    if (op === 'remove') for (const each of named) set.delete(each);
  }
  return [...set].sort();
}

describe('laws of membership', () => {
  it('the change comes to the edits made one by one', () => {
    fc.assert(
      fc.property(members, membership, (present, steps) => {
        const before = MemberSet.empty.with(present, []);
        const { added, removed } = membershipChange(before, steps);
        expect([...before.with(added, removed)].sort()).toEqual(editedOneByOne(present, steps));
      }),
      { numRuns: 1_000 },
    );
  });

  it('names only who was not there as joining and who was as leaving, each once', () => {
    fc.assert(
      fc.property(members, membership, (present, steps) => {
        const before = MemberSet.empty.with(present, []);
        const { added, removed } = membershipChange(before, steps);
        expect(new Set([...added, ...removed]).size).toBe(added.length + removed.length);
        expect(added.filter((each) => before.has(each))).toEqual([]);
        expect(removed.filter((each) => !before.has(each))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('the whole membership stated again appends nothing', () => {
    fc.assert(
      fc.property(members, membership, (present, steps) => {
        const history: GroupEvent[] = [groupCreated, membersChanged(present)];
        history.push(
          ...group.decide(synchronize({ membership: steps }), stateAfter(group, history)),
        );
        const state = requireGroup(stateAfter(group, history));
        const whole = edits({ op: 'replace', members: [...state.members] });
        expect(group.decide(whole, state)).toEqual([]);
      }),
    );
  });
});
