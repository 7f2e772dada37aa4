import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Decider } from '../domain/decider.js';
import type { DomainEvent, GroupEvent, TeamEvent } from '../domain/events.js';
import { group, type GroupCommand, type GroupState } from '../domain/group.js';
import { team, type TeamCommand, type TeamState } from '../domain/team.js';
import { WriteModel, type Loaded } from './write-model.js';

/** Folded groups kept in memory, counted in members: about 100 bytes each. */
const CACHED_GROUP_MEMBERS = 500_000;
/** Of teams only the manual members are kept: few have many. */
const CACHED_TEAM_MEMBERS = 100_000;

/** Folds of one kind of aggregate, kept between commands: one of 100,000 members is not folded anew for each change. */
export class Folds<State, Command, Event extends DomainEvent> {
  private readonly folds: LRUCache<string, Loaded<State>>;

  /** @param sizeOf what a state counts against `maxSize`, at least 1: for most kinds how many members it holds */
  constructor(
    private readonly writeModel: WriteModel,
    private readonly decider: Decider<State, Command, Event>,
    maxSize: number,
    sizeOf: (state: State) => number,
  ) {
    this.folds = new LRUCache({ maxSize, sizeCalculation: ({ state }) => sizeOf(state) });
  }

  /** The aggregate as its stream tells it now: of a known one only the tail is read. */
  async load(stream: string): Promise<Loaded<State>> {
    const loaded = await this.writeModel.load(this.decider, stream, this.folds.get(stream));
    this.keep(loaded);
    return loaded;
  }

  keep(loaded: Loaded<State>): void {
    if (loaded.revision >= 0) this.folds.set(loaded.stream, loaded);
  }
}

@Injectable()
export class GroupFolds extends Folds<GroupState, GroupCommand, GroupEvent> {
  constructor(model: WriteModel) {
    super(model, group, CACHED_GROUP_MEMBERS, (state) =>
      state.status === 'existing' ? 1 + state.members.size : 1,
    );
  }
}

@Injectable()
export class TeamFolds extends Folds<TeamState, TeamCommand, TeamEvent> {
  constructor(model: WriteModel) {
    super(model, team, CACHED_TEAM_MEMBERS, (state) =>
      state.status === 'existing' ? 1 + state.members.size + state.excluded.size : 1,
    );
  }
}
