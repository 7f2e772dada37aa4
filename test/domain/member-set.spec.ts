import fc from 'fast-check';
import type { UserId } from '../../src/domain/identifiers.js';
import { MemberSet } from '../../src/domain/member-set.js';

// Few and short ids, so that they meet in one bucket and in one step.
const member = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'prefix-00000001', 'another-00000001'),
  fc.uuid(),
) as fc.Arbitrary<UserId>;
const members = fc.array(member, { maxLength: 20 });
const steps = fc.array(fc.record({ added: members, removed: members }), { maxLength: 20 });

describe('a member set', () => {
  it('holds what a plain set holds after the same steps', () => {
    fc.assert(
      fc.property(steps, member, (changes, probe) => {
        let set = MemberSet.empty;
        const plain = new Set<UserId>();
        for (const { added, removed } of changes) {
          set = set.with(added, removed);
          for (const each of removed) plain.delete(each);
          for (const each of added) plain.add(each);
        }
        expect([...set].sort()).toEqual([...plain].sort());
        expect(set.size).toBe(plain.size);
        expect(set.has(probe)).toBe(plain.has(probe));
      }),
    );
  });

  it('stays as it is while others are derived from it', () => {
    fc.assert(
      fc.property(members, members, members, (initial, added, removed) => {
        const set = MemberSet.empty.with(initial, []);
        const before = [...set];
        set.with(added, removed);
        expect([...set]).toEqual(before);
        expect(set.size).toBe(before.length);
      }),
    );
  });

  it('the empty set stays empty', () => {
    MemberSet.empty.with(['a' as UserId], []);
    expect([...MemberSet.empty]).toEqual([]);
  });
});
