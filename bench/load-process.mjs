import { httpLimit, insertLimit, prepareInsertLimit } from './limits.mjs';
import { Workload } from './workload.mjs';

/** A process of its own, so that making load shares no thread with what is measured. */
let workload;
const tasks = {
  prepareInsertLimit,
  insertLimit,
  httpLimit,
  connect: (endpoint) => {
    workload = new Workload(endpoint);
  },
  seed: (...args) => workload.seed(...args),
  scenario: (...args) => workload.scenario(...args),
  membership: (...args) => workload.membership(...args),
  importUsers: (...args) => workload.importUsers(...args),
};

process.on('message', (message) => void answer(message));

async function answer({ task, args }) {
  try {
    process.send({ result: await tasks[task](...args) });
  } catch (error) {
    process.send({ error: error instanceof Error ? error.message : String(error) });
  }
}
process.on('disconnect', () => process.exit());
