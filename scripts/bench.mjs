import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { logAsText, logTables, logVerdict, measureLog } from '../bench/eventstoredb.mjs';
import { writeLogSection, writePerformancePage } from '../bench/performance-page.mjs';
import { asText, tablesOf } from '../bench/report.mjs';
import { Stage } from '../bench/stage.mjs';
import { SCENARIOS } from '../bench/targets.mjs';
import { ensureBuilt } from './build.mjs';

const USAGE = `npm run bench -- [options]
  --seconds N     how long each cell is measured (default 4)
  --quick         one second a cell and 2,000 users, to see that it works; writes no page
  --soak MINUTES  the mixed load at 16 connections at the end, with memory samples
  --only A,B      these scenarios alone: ${Object.keys(SCENARIOS).join(', ')}, membership, import; writes no page
  --at N,N        these numbers of connections alone; writes no page
  --users N       users in the organization before it is measured (default 20000)
  --log eventstoredb  appends to EventStoreDB instead, through the adapter and by the client alone: on the server that
                  EVENTSTORE_URL names, else on the double of the tests
  --cpu-prof DIR  write a CPU profile of the service into DIR; writes no page
  --no-write      leave docs/performance.md as it is`;

const CONNECTIONS = [1, 16, 64];
const MEMBERSHIP_CONNECTIONS = [1, 8];
const GROUP_SIZES = [100, 1_000, 10_000];
const SOAK_CONNECTIONS = 16;
const SOAK_SAMPLES_PER_MINUTE = 6;
const WARM_UP_SECONDS = 1;
const IMPORT_TURNS = 15;

const options = readOptions();
if (options.log) {
  await benchLog();
  process.exit();
}
const stage = new Stage();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    interrupted = true;
    void stage.close().finally(() => process.exit(130));
  });
}
try {
  await ensureBuilt();
  await stage.open(options.serviceFlags);
  const results = await measureAll();
  const tables = tablesOf(results);
  console.log(`\n${asText(tables)}`);
  if (options.write) {
    const file = await writePerformancePage(results, { command: options.command, tables });
    console.log(`\nwritten to ${file}`);
  }
} catch (error) {
  if (!interrupted) console.error(`the bench failed: ${error.message}\n${stage.serviceLog()}`);
  process.exitCode = 1;
} finally {
  await stage.close();
}

async function benchLog() {
  try {
    await ensureBuilt();
    const { seconds, command, write } = options;
    const results = await measureLog({ url: process.env.EVENTSTORE_URL, seconds, say });
    console.log(`\n${logAsText(results)}`);
    if (!write) return;
    const run = { command, verdict: logVerdict(results), tables: logTables(results) };
    console.log(`\nwritten to ${await writeLogSection(run)}`);
  } catch (error) {
    console.error(`the bench failed: ${error.message}`);
    process.exitCode = 1;
  }
}

/** Reads come before the writes that change what is read. */
async function measureAll() {
  const { users, seconds } = options;
  const groupSizes = GROUP_SIZES.filter((size) => size <= users / 2);
  const results = { limits: { insert: {}, http: {} }, scenarios: {}, membership: [] };
  const idle = stage.memory()?.now;
  await stage.run('prepareInsertLimit', stage.databaseUrl);
  await measureLimits(results.limits);
  say(`creating ${users} users and groups of ${groupSizes.join(', ')} members`);
  await stage.run('seed', users, groupSizes);
  const seeded = stage.memory()?.now;
  if (isWanted('import')) {
    say('import');
    results.imported = await stage.run('importUsers', IMPORT_TURNS);
  }
  for (const name of Object.keys(SCENARIOS).filter(isWanted)) {
    results.scenarios[name] = await measureScenario(name);
  }
  if (isWanted('membership')) {
    for (const size of groupSizes) {
      for (const connections of MEMBERSHIP_CONNECTIONS) {
        say(`membership of ${size} at ${connections}`);
        const figures = await stage.run('membership', size, connections, seconds);
        results.membership.push({ size, connections, ...figures });
      }
    }
  }
  await measureLimits(results.limits);
  if (options.soakMinutes > 0) results.soak = await soak();
  const memory = stage.memory();
  if (memory) results.memory = { idle, seeded, most: memory.most, users };
  return results;
}

/** Called before and after the service is measured; the better of the two counts, since other work only slows. */
async function measureLimits({ insert, http }) {
  const { connections, seconds } = options;
  for (const count of connections) {
    say(`limits at ${count}`);
    const inserts = await stage.run('insertLimit', stage.databaseUrl, count, seconds);
    insert[count] = faster(insert[count], inserts);
    http[count] = faster(http[count], await stage.run('httpLimit', stage.barePort, count, seconds));
  }
}

function faster(before, now) {
  return before && before.perSecond > now.perSecond ? before : now;
}

async function measureScenario(name) {
  const byConnections = {};
  await stage.run('scenario', name, SOAK_CONNECTIONS, WARM_UP_SECONDS);
  for (const connections of options.connections) {
    say(`${name} at ${connections}`);
    const before = stage.processorSeconds() ?? NaN;
    const figures = await stage.run('scenario', name, connections, options.seconds);
    const used = (stage.processorSeconds() ?? NaN) - before;
    const operations = figures.perSecond * figures.seconds;
    byConnections[connections] = { ...figures, processorMs: (used / operations) * 1000 };
  }
  return byConnections;
}

async function soak() {
  const minutes = options.soakMinutes;
  say(`mixed load for ${minutes} minutes`);
  const samples = [];
  let running = true;
  const load = stage
    .run('scenario', 'mixed', SOAK_CONNECTIONS, minutes * 60)
    .finally(() => (running = false));
  // Whoever awaits it below sees it fail; until then it has a listener.
  load.catch(() => undefined);
  while (running) {
    await Promise.race([load, sleep(60_000 / SOAK_SAMPLES_PER_MINUTE, undefined, { ref: false })]);
    const memory = stage.memory();
    if (memory && running) samples.push(memory.now);
  }
  return { minutes, figures: await load, samples };
}

function isWanted(name) {
  return options.only === undefined || options.only.includes(name);
}

function say(text) {
  console.log(text);
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seconds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        soak: { type: 'string', default: '0' },
        only: { type: 'string' },
        at: { type: 'string' },
        users: { type: 'string' },
        log: { type: 'string' },
        'cpu-prof': { type: 'string' },
        'no-write': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const { quick, only, at, log } = values;
  if (log !== undefined && log !== 'eventstoredb') {
    console.error(`--log: found ${log}, expected eventstoredb\n${USAGE}`);
    process.exit(2);
  }
  const profile = values['cpu-prof'];
  const partial = quick || [only, at, profile].some((value) => value !== undefined);
  return {
    log,
    seconds: positive(values.seconds ?? (quick ? '1' : '4')),
    users: positive(values.users ?? (quick ? '2000' : '20000')),
    soakMinutes: Number(values.soak),
    only: only?.split(','),
    connections: at?.split(',').map(positive) ?? CONNECTIONS,
    serviceFlags: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
    write: !values['no-write'] && !partial,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, ''),
  };
}

function positive(text) {
  const number = Number(text);
  if (number > 0) return number;
  console.error(`found ${text}, expected a number above 0\n${USAGE}`);
  process.exit(2);
}
