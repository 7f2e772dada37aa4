import type { UserId } from './identifiers.js';

const BUCKETS = 256;

/**
 * An immutable set of members that shares what did not change: adding one member to 10,000 copies about 40 ids
 * instead of all, so that folding a long group stays linear in its events.
 */
export class MemberSet implements Iterable<UserId> {
  static readonly empty = new MemberSet([], 0);

  private constructor(
    private readonly buckets: readonly (ReadonlySet<UserId> | undefined)[],
    readonly size: number,
  ) {}

  has(member: UserId): boolean {
    return this.buckets[bucketOf(member)]?.has(member) ?? false;
  }

  with(added: readonly UserId[], removed: readonly UserId[]): MemberSet {
    const buckets = [...this.buckets];
    const copied = new Map<number, Set<UserId>>();
    const open = (member: UserId): Set<UserId> => {
      const index = bucketOf(member);
      let bucket = copied.get(index);
      if (!bucket) {
        bucket = new Set(buckets[index]);
        copied.set(index, bucket);
        buckets[index] = bucket;
      }
      return bucket;
    };
    let size = this.size;
    for (const member of removed) if (open(member).delete(member)) size -= 1;
    for (const member of added) {
      const bucket = open(member);
      if (!bucket.has(member)) size += 1;
      bucket.add(member);
    }
    return new MemberSet(buckets, size);
  }

  *[Symbol.iterator](): IterableIterator<UserId> {
    for (const bucket of this.buckets) if (bucket) yield* bucket;
  }
}

/** FNV-1a over the last eight characters: the random end of an id. */
function bucketOf(member: UserId): number {
  let hash = 0x811c9dc5;
  for (let index = Math.max(0, member.length - 8); index < member.length; index += 1) {
    hash = Math.imul(hash ^ member.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % BUCKETS;
}
