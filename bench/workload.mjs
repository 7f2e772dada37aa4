import { Latencies, measure, repeat, withConnections } from './drive.mjs';
import { ScimRequests } from './scim-requests.mjs';

/** Of a hundred steps of the mixed load: reads before writes, as providers look up whatever they are about to change. */
const MIX = [
  [35, 'lookup'],
  [25, 'get'],
  [10, 'patch'],
  [10, 'getAndPut'],
  [10, 'membership'],
  [10, 'comeAndGo'],
];
const MIXED_GROUP_SIZE = 1_000;
const MEMBERS_KEPT = 3;
const IMPORT_PAGE = 100;
const SEEDING_CONNECTIONS = 16;

/** What an identity provider does to one organization of the service, with every answer checked. */
export class Workload {
  #port;
  #requests;
  /** @type {{ id: string, userName: string, active: boolean }[]} */
  #users = [];
  /** By size. @type {Map<number, { id: string, displayName: string }>} */
  #groups = new Map();
  /** The group of the mixed load, which leaves members behind. */
  #mixedGroup;
  #created = 0;
  /** By lane: the user of the mixed load that is to be deleted next. */
  #guests = [];
  /** By lane: whether its user is in the mixed load's group. */
  #joined = [];

  /** @param {{ port: number, organization: string, token: string }} endpoint */
  constructor(endpoint) {
    this.#port = endpoint.port;
    this.#requests = new ScimRequests(endpoint);
  }

  /** Fills the empty organization. @returns {Promise<{ perSecond: number }>} users created */
  async seed(userCount, groupSizes) {
    const began = performance.now();
    const waiting = Array.from({ length: userCount }, (_, index) => `user-${index}@example.com`);
    await withConnections(this.#port, SEEDING_CONNECTIONS, (connections) =>
      Promise.all(
        connections.map(async (connection) => {
          for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
            const { id } = await this.#create(connection, name);
            this.#users.push({ id, userName: name, active: true });
          }
        }),
      ),
    );
    const perSecond = (userCount / (performance.now() - began)) * 1000;
    await withConnections(this.#port, 1, async ([connection]) => {
      for (const size of groupSizes) {
        this.#groups.set(size, await this.#createGroup(connection, `Group of ${size}`, size));
      }
      const size = Math.min(MIXED_GROUP_SIZE, Math.floor(userCount / 2));
      this.#mixedGroup = await this.#createGroup(connection, 'Mixed group', size);
    });
    return { perSecond };
  }

  /** @returns {Promise<import('./drive.mjs').Figures>} */
  scenario(name, connections, seconds) {
    return measure(this.#port, connections, seconds, this.#step(name, connections));
  }

  /**
   * Adds and removes members of the group of `size`, which stays about that size, and looks afterwards who is in it.
   * @returns {Promise<{ add: Figures, remove: Figures, lost: number, surplus: number }>} lost adds, lost removals
   */
  membership(size, connections, seconds) {
    const { id } = this.#groups.get(size);
    const outsiders = this.#users.slice(this.#users.length / 2);
    const share = Math.floor(outsiders.length / connections);
    const kept = Array.from({ length: connections }, () => []);
    const turns = kept.map(() => 0);
    const add = new Latencies();
    const remove = new Latencies();
    return withConnections(this.#port, connections, async (open) => {
      const took = await repeat(connections, seconds, async (lane) => {
        const user = outsiders[lane * share + (turns[lane]++ % share)];
        await add.time(() => this.#addMember(open[lane], id, user.id));
        kept[lane].push(user.id);
        if (kept[lane].length <= MEMBERS_KEPT) return;
        await remove.time(() => this.#removeMember(open[lane], id, kept[lane][0]));
        kept[lane].shift();
      });
      const insiders = this.#users.slice(0, size).map((user) => user.id);
      const expected = new Set([...insiders, ...kept.flat()]);
      const group = json(await exchange(open[0], this.#requests.readGroup(id), 200));
      const found = new Set(group.members.map(({ value }) => value));
      const lost = [...expected].filter((member) => !found.has(member)).length;
      const surplus = [...found].filter((member) => !expected.has(member)).length;
      for (const member of kept.flat()) await this.#removeMember(open[0], id, member);
      return { add: add.over(took), remove: remove.over(took), lost, surplus };
    });
  }

  /**
   * Reads all users page by page, then the first and the last page in turn.
   * @returns {Promise<{ users: number, seconds: number, firstMs: number, lastMs: number }>} medians of `turns` readings
   * @throws Error when the pages together miss or repeat a user
   */
  importUsers(turns) {
    return withConnections(this.#port, 1, async ([connection]) => {
      const page = (startIndex) =>
        exchange(connection, this.#requests.listUsers(startIndex, IMPORT_PAGE), 200);
      const began = performance.now();
      const seen = [];
      let total = Infinity;
      for (let startIndex = 1; startIndex <= total; startIndex += IMPORT_PAGE) {
        const { totalResults, Resources } = json(await page(startIndex));
        total = totalResults;
        seen.push(...Resources.map(({ id }) => id));
      }
      const seconds = (performance.now() - began) / 1000;
      if (seen.length !== this.#users.length || new Set(seen).size !== seen.length) {
        throw new Error(`the import of ${this.#users.length} users found ${seen.length}`);
      }
      const first = [];
      const last = [];
      for (let turn = 0; turn < turns; turn++) {
        first.push(await milliseconds(() => page(1)));
        last.push(await milliseconds(() => page(total - IMPORT_PAGE + 1)));
      }
      return { users: total, seconds, firstMs: median(first), lastMs: median(last) };
    });
  }

  /** Lanes change disjoint users, so that every change is one and no answer is a conflict. */
  #step(name, lanes) {
    const own = (lane) => {
      const share = Math.floor(this.#users.length / lanes);
      return this.#users[lane + lanes * Math.floor(Math.random() * share)];
    };
    const any = () => this.#users[Math.floor(Math.random() * this.#users.length)];
    const steps = {
      create: (connection) => this.#create(connection, `new-${this.#created++}@example.com`),
      lookup: (connection) => this.#lookUp(connection, any()),
      get: (connection) => exchange(connection, this.#requests.readUser(any().id), 200),
      patch: (connection, lane) => this.#toggle(connection, own(lane)),
      getAndPut: (connection, lane) => this.#getAndPut(connection, own(lane)),
      groupLookup: (connection) => this.#lookUpLargestGroup(connection),
      membership: (connection, lane) => this.#joinOrLeave(connection, lane),
      comeAndGo: (connection, lane) => this.#comeOrGo(connection, lane),
      mixed: (connection, lane) => steps[fromMix()](connection, lane),
    };
    return steps[name];
  }

  async #create(connection, userName) {
    return json(await exchange(connection, this.#requests.createUser(userName), 201));
  }

  async #createGroup(connection, displayName, size) {
    const members = this.#users.slice(0, size).map(({ id }) => id);
    const request = this.#requests.createGroup(displayName, members);
    const { id } = json(await exchange(connection, request, 201));
    return { id, displayName };
  }

  async #lookUp(connection, { id, userName }) {
    const body = await exchange(connection, this.#requests.lookUpUser(userName), 200);
    if (!body.includes(id)) throw new Error(`the lookup of ${userName} did not find ${id}`);
  }

  async #lookUpLargestGroup(connection) {
    const { id, displayName } = [...this.#groups.values()].at(-1);
    const body = await exchange(connection, this.#requests.lookUpGroup(displayName), 200);
    if (!body.includes(id)) throw new Error(`the lookup of ${displayName} did not find ${id}`);
  }

  async #toggle(connection, user) {
    await exchange(connection, this.#requests.setActive(user.id, !user.active), 200);
    user.active = !user.active;
  }

  async #getAndPut(connection, { id }) {
    const resource = json(await exchange(connection, this.#requests.readUser(id), 200));
    resource.title = `Engineer ${Math.random()}`;
    await exchange(connection, this.#requests.replaceUser(id, resource), 200);
  }

  async #joinOrLeave(connection, lane) {
    const { id } = this.#mixedGroup;
    const user = this.#users.at(-1 - lane);
    if (this.#joined[lane]) await this.#removeMember(connection, id, user.id);
    else await this.#addMember(connection, id, user.id);
    this.#joined[lane] = !this.#joined[lane];
  }

  async #comeOrGo(connection, lane) {
    const guest = this.#guests[lane];
    if (guest === undefined) {
      this.#guests[lane] = await this.#create(connection, `guest-${this.#created++}@example.com`);
    } else {
      await exchange(connection, this.#requests.deleteUser(guest.id), 204);
      this.#guests[lane] = undefined;
    }
  }

  #addMember(connection, groupId, userId) {
    return exchange(connection, this.#requests.addMember(groupId, userId), 200, 204);
  }

  #removeMember(connection, groupId, userId) {
    return exchange(connection, this.#requests.removeMember(groupId, userId), 200, 204);
  }
}

/** @returns {Promise<Buffer>} the body @throws Error on any status but the expected */
async function exchange(connection, request, ...expected) {
  const { status, body } = await connection.send(request);
  if (expected.includes(status)) return body;
  const [line] = request.split('\r\n');
  throw new Error(`${line}: expected ${expected.join(' or ')}, found ${status}\n${body}`);
}

function json(body) {
  return JSON.parse(body.toString());
}

function fromMix() {
  let ticket = Math.random() * 100;
  for (const [weight, name] of MIX) {
    if (ticket < weight) return name;
    ticket -= weight;
  }
  return MIX[0][1];
}

async function milliseconds(operation) {
  const began = performance.now();
  await operation();
  return performance.now() - began;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
