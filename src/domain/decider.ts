import type { Instant } from './identifiers.js';

/** Where and when a fact was recorded: what a fold may know besides the fact itself. */
export interface Recorded {
  /** Revision of the event in its stream; the first is 0. */
  readonly revision: number;
  /** Where the event stands in the whole log; later events stand at greater positions. */
  readonly position: bigint;
  readonly occurredAt: Instant;
}

/** The decisions of one kind of aggregate: `decide` answers facts or throws a Rejection, `evolve` is total. */
export interface Decider<State, Command, Event> {
  readonly initial: State;
  /** @returns the facts that follow, in order; none when nothing changes. @throws Rejection */
  decide(command: Command, state: State): readonly Event[];
  evolve(state: State, event: Event, recorded: Recorded): State;
}
