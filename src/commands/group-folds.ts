import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { group, type GroupState } from '../domain/group.js';
import { WriteModel, type Loaded } from './write-model.js';

/** Folded groups kept in memory, counted in members: about 100 bytes each. */
const CACHED_MEMBERS = 500_000;

/** Folds of groups, kept between commands: a group of 100,000 members is not folded anew for each change. */
@Injectable()
export class GroupFolds {
  private readonly folds = new LRUCache<string, Loaded<GroupState>>({
    maxSize: CACHED_MEMBERS,
    sizeCalculation: ({ state }) => 1 + (state.status === 'existing' ? state.members.size : 0),
  });

  constructor(private readonly model: WriteModel) {}

  /** The group as its stream tells it now: of a known group only the tail is read. */
  async load(stream: string): Promise<Loaded<GroupState>> {
    const loaded = await this.model.load(group, stream, this.folds.get(stream));
    this.keep(loaded);
    return loaded;
  }

  keep(loaded: Loaded<GroupState>): void {
    if (loaded.revision >= 0) this.folds.set(loaded.stream, loaded);
  }
}
