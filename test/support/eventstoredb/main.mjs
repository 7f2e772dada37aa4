/**
 * The double as a program: `node test/support/eventstoredb/main.mjs [--port N] [--nodes N] [--file PATH]`, or with
 * all options as one JSON argument. Prints `{connectionString, pid}` when it listens; ends on SIGTERM, SIGINT and when
 * the process that controls it goes away.
 */
import { parseArgs } from 'node:util';
import '../../../scripts/register-typescript.mjs';

const { startEventStoreDouble } = await import('./double.ts');
const double = await startEventStoreDouble(optionsOf(process.argv.slice(2)));
const stop = () => void double.stop().finally(() => process.exit(0));
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, stop);
process.on('message', ({ id, method, args }) => {
  Promise.resolve()
    .then(() => double[method](...args))
    .then(
      (result) => process.send({ id, result: typeof result === 'function' ? undefined : result }),
      (error) => process.send({ id, error: String(error) }),
    );
});
console.log(JSON.stringify({ connectionString: double.connectionString, pid: process.pid }));

function optionsOf(args) {
  if (args[0]?.startsWith('{')) return JSON.parse(args[0]);
  const text = { type: 'string' };
  const { values } = parseArgs({ args, options: { port: text, nodes: text, file: text } });
  return {
    port: Number(values.port ?? 0),
    nodes: Number(values.nodes ?? 1),
    ...(values.file !== undefined && { file: values.file }),
  };
}
