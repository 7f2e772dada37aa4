import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { RecentEvents } from '../../src/event-store/recent-events.js';
import { follow, Wakeup, type Feed, type LogPage } from '../../src/event-store/subscription.js';
import { anEvent } from './contract.js';

const recorded = (position: number): RecordedEvent => ({
  ...anEvent(),
  stream: 'team-acme-1',
  revision: position,
  position: BigInt(position),
});

const log = [1, 2, 3, 4, 5].map(recorded);
const positions = (events: readonly RecordedEvent[]): readonly number[] =>
  events.map(({ position }) => Number(position));

describe('a subscription', () => {
  // Time stands still: whoever sleeps for a while sleeps until the test advances it.
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
  afterEach(() => void jest.useRealTimers());

  /** Follows `log` through pages of one event, of which only the one at the end of the log says so. */
  async function following() {
    const wakeup = new Wakeup();
    const abort = new AbortController();
    const received: number[] = [];
    let reads = 0;
    const feed: Feed = {
      wakeup,
      async read(from) {
        reads += 1;
        const events = log.filter(({ position }) => position > from).slice(0, 1);
        return { events, atEnd: events.length === 0 || events[0] === log.at(-1) };
      },
      idlePollMs: () => 250,
      isTransient: () => false,
      onRetry: () => undefined,
    };
    const finished = (async () => {
      for await (const page of follow(feed, { from: 0n, signal: abort.signal, pageSize: 10 })) {
        received.push(...positions(page));
      }
    })();
    const settle = async () => {
      for (let turns = 0; turns < 10; turns += 1) await turn();
      return { received, reads };
    };
    const stop = async () => {
      abort.abort();
      await finished;
    };
    return { wakeup, settle, stop };
  }

  it('reads on at once after a page that ended before the log did', async () => {
    const { settle, stop } = await following();
    expect((await settle()).received).toEqual([1, 2, 3, 4, 5]);
    await stop();
  });

  it('does not read again after the end of the log until it is woken', async () => {
    const { wakeup, settle, stop } = await following();
    expect((await settle()).reads).toBe(5);
    wakeup.wake();
    expect((await settle()).reads).toBe(6);
    await stop();
  });
});

describe('the recent end of the log', () => {
  const page = (events: readonly RecordedEvent[], atEnd: boolean, wakeups = 7) => ({
    events,
    atEnd,
    bytes: 100,
    wakeups,
  });
  const told = (known: LogPage | undefined) =>
    known && { events: positions(known.events), atEnd: known.atEnd };

  it.each([
    { of: 'the end of the log', atEnd: true, limit: 10, wakeups: 7, saysSo: true },
    { of: 'a page that ended early', atEnd: false, limit: 10, wakeups: 7, saysSo: false },
    { of: 'what was the end before a wake-up', atEnd: true, limit: 10, wakeups: 8, saysSo: false },
    { of: 'more than was asked for', atEnd: true, limit: 1, wakeups: 7, saysSo: false },
  ])('from the middle of $of says atEnd: $saysSo', ({ atEnd, limit, wakeups, saysSo }) => {
    const recent = new RecentEvents();
    recent.keep(0n, page(log.slice(0, 3), atEnd));
    expect(told(recent.after(1n, limit, wakeups))).toEqual({
      events: [2, 3].slice(0, limit),
      atEnd: saysSo,
    });
  });

  it('knows nothing of what follows the last event kept', () => {
    const recent = new RecentEvents();
    recent.keep(0n, page(log.slice(0, 3), true));
    expect(recent.after(3n, 10, 7)).toBeUndefined();
  });

  it('joins pages that follow each other', () => {
    const recent = new RecentEvents();
    recent.keep(0n, page(log.slice(0, 2), true, 7));
    recent.keep(2n, page(log.slice(2), true, 8));
    expect(told(recent.after(0n, 10, 8))).toEqual({ events: [1, 2, 3, 4, 5], atEnd: true });
  });
});
