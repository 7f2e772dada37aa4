import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { asMarkdown } from './report.mjs';
import { isMet, judge } from './targets.mjs';

const FILE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
/** What stands between such a line and the end is a run's; the rest of the page is written by hand. */
const BEGIN = {
  service: '<!-- npm run bench writes from here -->',
  log: '<!-- npm run bench -- --log eventstoredb writes from here -->',
};
const END = '<!-- to here -->';

/**
 * Puts a run of the service into docs/performance.md.
 * @param {import('./targets.mjs').Results} results
 * @param {{ command: string, tables: ReturnType<typeof import('./report.mjs').tablesOf> }} run
 */
export function writePerformancePage(results, { command, tables }) {
  return writeSection(BEGIN.service, { command, verdict: verdict(results), tables });
}

/**
 * Puts a run of the log into docs/performance.md.
 * @param {{ command: string, verdict: string, tables: ReturnType<typeof import('./report.mjs').tablesOf> }} run
 */
export function writeLogSection(run) {
  return writeSection(BEGIN.log, run);
}

/** @throws Error when the page lacks the lines between which the run stands */
async function writeSection(begin, { command, verdict: words, tables }) {
  const page = readFileSync(FILE, 'utf8');
  const [before, rest] = page.split(begin);
  const [, ...after] = rest?.split(END) ?? [];
  if (after.length === 0) throw new Error(`${FILE} lacks ${begin} … ${END}`);
  const run = [describeRun(command), words, asMarkdown(tables)].join('\n\n');
  const text = `${before}${begin}\n\n${run}\n\n${END}${after.join(END)}`;
  const style = await prettier.resolveConfig(FILE);
  writeFileSync(FILE, await prettier.format(text, { ...style, parser: 'markdown' }));
  return FILE;
}

function describeRun(command) {
  const [{ model }] = cpus();
  return [
    `- Command: \`${command}\``,
    `- Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${revision()}`,
    `- Machine: ${cpus().length} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${release()}, Node.js ${process.version}`,
  ].join('\n');
}

function revision() {
  try {
    const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', 'src') !== '';
    return `commit ${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes in src' : ''}`;
  } catch {
    return 'not from a Git checkout';
  }
}

function verdict(results) {
  const judged = judge(results);
  const missed = judged.filter((judgement) => !isMet(judgement));
  if (missed.length === 0) return `All ${judged.length} targets that this run measured are met.`;
  return `Of ${judged.length} targets that this run measured, ${missed.length} are missed: ${missed
    .map(({ what }) => what)
    .join('; ')}. The first table says by how much.`;
}
