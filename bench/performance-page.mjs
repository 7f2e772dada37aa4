import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { asMarkdown } from './report.mjs';
import { isMet, judge } from './targets.mjs';

const FILE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
/** What stands between these lines is a run's; the rest of the page is written by hand. */
const BEGIN = '<!-- npm run bench writes from here -->';
const END = '<!-- to here -->';

/**
 * Puts a run into docs/performance.md.
 * @param {import('./targets.mjs').Results} results
 * @param {{ command: string, tables: ReturnType<typeof import('./report.mjs').tablesOf> }} run
 * @throws Error when the page lacks the lines between which the run stands
 */
export async function writePerformancePage(results, { command, tables }) {
  const page = readFileSync(FILE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${FILE} lacks ${BEGIN} … ${END}`);
  const run = [describeRun(command), verdict(results), asMarkdown(tables)].join('\n\n');
  const text = `${before}${BEGIN}\n\n${run}\n\n${END}${after}`;
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
