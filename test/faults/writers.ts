import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GROUP, USER, inParallel, patchOp, type ScimDocument } from '../support/scim-client.js';
import { certainlyNot, matches, stateOf, type OwnedUser } from './owned-user.js';
import { isSuccess, isUnavailable, request, type Answer, type Endpoint } from './request.js';

const WRITERS = 32;
const RETRY_MS = 25;
const PATIENCE_MS = 60_000;
const LAST_STATE = 7;
const JOINS_AT = 2;
const LEAVES_AT = 5;

/**
 * 32 writers in one organization, each with users of its own and all with one group. After every acknowledged write its
 * writer reads it back, from another process where there are several.
 */
export class Writers {
  private readonly stopping = new AbortController();
  private readonly users: OwnedUser[] = [];
  private readonly progress = Array.from({ length: WRITERS }, () => 0);
  private readonly running: Promise<unknown>;
  /** What no client should ever meet: other failures than being unavailable, and reads that miss a write. */
  readonly surprises: string[] = [];
  private sent = 0;

  private constructor(
    private readonly endpoint: Endpoint,
    private readonly groupId: string,
    private readonly mayRefuse: boolean,
  ) {
    this.running = Promise.all(this.progress.map((_, writer) => this.write(writer)));
  }

  /**
   * @param mayRefuse whether SCIM is turned off meanwhile: then a refusal is a reason to try again, and a write that
   *   was under way may be shown only when SCIM is on again
   */
  static async start(endpoint: Endpoint, { mayRefuse = false } = {}): Promise<Writers> {
    const [url = ''] = endpoint.urls;
    const group = { schemas: [GROUP], displayName: `Everybody ${randomUUID()}` };
    const { body } = await request(endpoint, url, 'POST', '/Groups', group);
    return new Writers(endpoint, body.id, mayRefuse);
  }

  get acknowledgedWrites(): number {
    return this.progress.reduce((sum, writes) => sum + writes, 0);
  }

  /** Waits until every writer has had `writes` further writes acknowledged. @throws Error when one is stuck */
  async everyoneWrites(writes: number): Promise<void> {
    const goal = this.progress.map((before) => before + writes);
    const until = Date.now() + PATIENCE_MS;
    const stuck = (): number[] => [...goal.keys()].filter((at) => this.progress[at]! < goal[at]!);
    while (stuck().length > 0) {
      if (Date.now() > until) {
        throw new Error(`writers ${stuck().join()} are stuck; ${this.surprises.join('\n')}`);
      }
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** What is not as acknowledged, or is neither as before nor as after an unacknowledged write. */
  async losses(): Promise<string[]> {
    const lost = await inParallel(this.users, 16, (user) => this.lossOf(user));
    return [...lost.flat(), ...(await this.strangers())];
  }

  private async write(writer: number): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const user: OwnedUser = {
        key: `w${writer}-${this.users.length}`,
        id: undefined,
        acknowledged: -1,
        attempted: -1,
        membership: certainlyNot(),
        deletion: certainlyNot(),
      };
      this.users.push(user);
      const acknowledge = (): void => void (this.progress[writer]! += 1);
      for (const step of this.life(user)) {
        if (!(await this.persist(step))) return;
        acknowledge();
      }
    }
  }

  /** The steps of a user's life; each may be tried again until it is acknowledged. */
  private *life(user: OwnedUser): Generator<() => Promise<boolean>> {
    yield () => this.create(user);
    for (let state = 1; state <= LAST_STATE; state++) {
      yield () => this.change(user, state);
      if (state === JOINS_AT) yield () => this.setMembership(user, true);
      if (state === LEAVES_AT) yield () => this.setMembership(user, false);
      if (state === LAST_STATE - 1) yield () => this.setMembership(user, true);
    }
    if (this.users.length % 2 === 0) yield () => this.remove(user);
  }

  /** @returns false when the writers were stopped first */
  private async persist(step: () => Promise<boolean>): Promise<boolean> {
    while (!this.stopping.signal.aborted) {
      if (await step()) return true;
      await sleep(RETRY_MS);
    }
    return false;
  }

  private async create(user: OwnedUser): Promise<boolean> {
    user.attempted = 0;
    const answer = await this.send('POST', '/Users', { schemas: [USER], ...stateOf(user, 0) });
    if (answer.status === 409) return this.adopt(user);
    if (!this.accepted(answer, 'create')) return false;
    user.id = answer.body.id;
    return this.acknowledgeState(user, 0);
  }

  /** An earlier try has created it without an answer: as an identity provider does, look it up. */
  private async adopt(user: OwnedUser): Promise<boolean> {
    const found = await this.lookUp(stateOf(user, 0).userName);
    user.id = found?.[0]?.id;
    return user.id === undefined ? false : this.acknowledgeState(user, 0);
  }

  private async change(user: OwnedUser, state: number): Promise<boolean> {
    user.attempted = state;
    const path = `/Users/${user.id}`;
    const value = stateOf(user, state);
    const answer =
      state % 2 === 0
        ? await this.send('PUT', path, { schemas: [USER], ...value })
        : await this.send('PATCH', path, patchOp({ op: 'replace', value }));
    return this.accepted(answer, 'change') && this.acknowledgeState(user, state);
  }

  private async acknowledgeState(user: OwnedUser, state: number): Promise<boolean> {
    user.acknowledged = state;
    await this.readBack(user, `state ${state}`, ({ status, body }) =>
      status === 200 ? matches(body, stateOf(user, state)) : false,
    );
    return true;
  }

  private async setMembership(user: OwnedUser, member: boolean): Promise<boolean> {
    user.membership.attempted = member;
    const operation = {
      op: member ? 'add' : 'remove',
      path: 'members',
      value: [{ value: user.id }],
    };
    const answer = await this.send('PATCH', `/Groups/${this.groupId}`, patchOp(operation));
    if (!this.accepted(answer, 'membership')) return false;
    user.membership.acknowledged = member;
    await this.readBack(user, `member: ${member}`, ({ body }) => this.isMember(body) === member);
    return true;
  }

  private async remove(user: OwnedUser): Promise<boolean> {
    const retried = user.deletion.attempted;
    user.deletion.attempted = true;
    const answer = await this.send('DELETE', `/Users/${user.id}`);
    const goneBefore = retried && answer.status === 404;
    if (!goneBefore && !this.accepted(answer, 'delete')) return false;
    user.deletion.acknowledged = true;
    await this.readBack(user, 'deleted', ({ status }) => status === 404);
    return true;
  }

  private async readBack(
    user: OwnedUser,
    what: string,
    sees: (answer: Answer) => boolean,
  ): Promise<void> {
    for (;;) {
      const answer = await this.send('GET', `/Users/${user.id}`);
      const seen = !this.isToRetry(answer) && sees(answer);
      if (seen || this.stopping.signal.aborted) return;
      if (!this.isToRetry(answer) && !this.mayRefuse) {
        this.surprise(`${user.key} ${what}: read ${answer.status} ${answer.text}`);
        return;
      }
      await sleep(RETRY_MS);
    }
  }

  private async lookUp(userName: string): Promise<readonly ScimDocument[] | undefined> {
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    const answer = await this.send('GET', `/Users?filter=${filter}`);
    return isSuccess(answer) ? answer.body.Resources : undefined;
  }

  private accepted(answer: Answer, what: string): boolean {
    if (isSuccess(answer)) return true;
    if (!this.isToRetry(answer)) this.surprise(`${what}: ${answer.status} ${answer.text}`);
    return false;
  }

  private isToRetry(answer: Answer): boolean {
    return isUnavailable(answer) || (this.mayRefuse && answer.status === 403);
  }

  private surprise(what: string): void {
    if (this.surprises.length < 20) this.surprises.push(what);
  }

  /** To each process in turn. */
  private send(method: string, path: string, body?: unknown): Promise<Answer> {
    const { urls } = this.endpoint;
    const url = urls[this.sent++ % urls.length] ?? '';
    return request(this.endpoint, url, method, path, body);
  }

  private isMember({ groups }: ScimDocument): boolean {
    return (groups ?? []).some(({ value }) => value === this.groupId);
  }

  private async lossOf(user: OwnedUser): Promise<string[]> {
    const { id, key, acknowledged, attempted, membership, deletion } = user;
    if (id === undefined) return this.lossOfUnanswered(user);
    const answer = await this.send('GET', `/Users/${id}`);
    const gone = answer.status === 404;
    const said = `acknowledged ${JSON.stringify(user)}, found ${answer.status} ${answer.text}`;
    if (gone) return deletion.attempted ? [] : [`${key} is lost: ${said}`];
    if (deletion.acknowledged) return [`${key} is back: ${said}`];
    const known = [acknowledged, attempted].find((n) => matches(answer.body, stateOf(user, n)));
    if (known === undefined) return [`${key} is in no state of its own: ${said}`];
    const member = this.isMember(answer.body);
    if (member !== membership.acknowledged && member !== membership.attempted) {
      return [`${key} has a lost membership: ${said}`];
    }
    const found = await this.lookUp(stateOf(user, known).userName);
    return found?.length === 1 && found[0]?.id === id ? [] : [`${key} is not found by its name`];
  }

  /** Created without an answer: it is there once or not at all. */
  private async lossOfUnanswered(user: OwnedUser): Promise<string[]> {
    const found = (await this.lookUp(stateOf(user, 0).userName)) ?? [];
    return found.length <= 1 ? [] : [`${user.key} is there ${found.length} times`];
  }

  /** What the list of all users shows that the writers did not write, and names that stand there twice. */
  private async strangers(): Promise<string[]> {
    const listed: ScimDocument[] = [];
    for (;;) {
      const path = `/Users?startIndex=${listed.length + 1}&count=200&attributes=userName`;
      const { body } = await this.send('GET', path);
      listed.push(...(body.Resources ?? []));
      if (listed.length >= body.totalResults || !body.Resources?.length) break;
    }
    const names = listed.map(({ userName }) => userName.toLowerCase());
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    const keys = new Set(this.users.map(({ key }) => key));
    const strange = names.filter((name) => !keys.has(name.split('.', 1)[0] ?? ''));
    return [
      ...twice.map((name) => `${name} is listed twice`),
      ...strange.map((name) => `${name} is listed and was never sent`),
    ];
  }
}
