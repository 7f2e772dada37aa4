import { isMet, judge, ratioToLimit, SCENARIOS } from './targets.mjs';

const HEADING = ['', 'connections', 'per second', 'p50 ms', 'p99 ms'];

/**
 * The tables of a run.
 * @param {import('./targets.mjs').Results} results
 * @returns {{ title: string, note?: string, heading: string[], rows: string[][] }[]}
 */
export function tablesOf(results) {
  return [
    { title: 'Targets', heading: ['', 'target', 'found', ''], rows: targetRows(results) },
    { title: 'Limits of the machine', heading: HEADING, rows: limitRows(results) },
    {
      title: 'The service',
      heading: [...HEADING, 'CPU ms', 'of the limit'],
      rows: scenarioRows(results),
    },
    {
      title: 'Group members',
      heading: ['', 'connections', 'changes per second', 'p50 ms', 'p99 ms', 'lost'],
      rows: membershipRows(results),
    },
    { title: 'Import and memory', heading: ['', 'found'], rows: otherRows(results) },
  ].filter(({ rows }) => rows.length > 0);
}

/** As aligned text for a terminal. */
export function asText(tables) {
  return tables
    .map(({ title, heading, rows }) => {
      const cells = [heading, ...rows];
      const widths = heading.map((_, column) =>
        Math.max(...cells.map((row) => row[column].length)),
      );
      const lines = cells.map((row) =>
        row.map((cell, column) => cell[column ? 'padStart' : 'padEnd'](widths[column])).join('  '),
      );
      return [title, ...lines.map((line) => `  ${line.trimEnd()}`)].join('\n');
    })
    .join('\n\n');
}

/** As Markdown, under headings of the third level. */
export function asMarkdown(tables) {
  return tables
    .map(({ title, heading, rows }) => {
      const rule = heading.map((_, column) => (column ? '--:' : ':--'));
      const lines = [heading, rule, ...rows].map((row) => `| ${row.join(' | ')} |`);
      return [`### ${title}`, '', ...lines].join('\n');
    })
    .join('\n\n');
}

function targetRows(results) {
  return judge(results).map((judgement) => {
    const { what, bound, target, found, unit } = judgement;
    const verdict = isMet(judgement) ? 'pass' : `MISS by ${missedBy(judgement)}`;
    return [
      what,
      `${bound === 'least' ? '≥' : '≤'} ${target} ${unit}`,
      `${short(found)} ${unit}`,
      verdict,
    ];
  });
}

function missedBy({ bound, target, found, unit }) {
  if (target === 0) return `${short(found)} ${unit}`.trim();
  const share = bound === 'least' ? 1 - found / target : found / target - 1;
  return `${Math.ceil(share * 100)} %`;
}

function limitRows({ limits }) {
  return [
    ['durable single-row INSERT', limits.insert],
    ['bare node:http answering 201', limits.http],
  ].flatMap(([title, byConnections]) =>
    Object.entries(byConnections).map(([connections, figures]) => [
      title,
      connections,
      ...figureCells(figures),
    ]),
  );
}

function scenarioRows(results) {
  return Object.entries(SCENARIOS).flatMap(([name, { title, limit }]) =>
    Object.entries(results.scenarios[name] ?? {}).map(([connections, figures]) => [
      title,
      connections,
      ...figureCells(figures),
      short(figures.processorMs),
      `${short(ratioToLimit(results, name, connections))} × ${limit === 'insert' ? 'INSERT' : 'bare'}`,
    ]),
  );
}

function membershipRows({ membership }) {
  return membership.flatMap(({ size, connections, add, remove, lost, surplus }) => [
    [`add at ${thousands(size)} members`, String(connections), ...figureCells(add), String(lost)],
    [
      `remove at ${thousands(size)} members`,
      String(connections),
      ...figureCells(remove),
      String(surplus),
    ],
  ]);
}

function otherRows({ imported, memory, soak }) {
  const rows = [];
  if (imported) {
    const { users, seconds, firstMs, lastMs } = imported;
    rows.push(
      [`import of ${thousands(users)} users in pages of 100`, `${short(seconds)} s`],
      ['first page, median', `${short(firstMs)} ms`],
      ['last page, median', `${short(lastMs)} ms`],
    );
  }
  if (memory) {
    rows.push(
      ['resident memory of the service, idle', `${short(memory.idle)} MB`],
      [`after ${thousands(memory.users)} users were created`, `${short(memory.seeded)} MB`],
      ['most of the whole run', `${short(memory.most)} MB`],
    );
  }
  if (soak) {
    const { minutes, figures, samples } = soak;
    rows.push(
      [`mixed load for ${minutes} minutes, per second`, short(figures.perSecond)],
      ['p50 and p99', `${short(figures.p50)} and ${short(figures.p99)} ms`],
      ['resident memory, ten moments, MB', everyTenth(samples).map(short).join(' ')],
    );
  }
  return rows;
}

function everyTenth(samples) {
  const step = Math.max(1, samples.length / 10);
  return Array.from(
    { length: Math.min(10, samples.length) },
    (_, index) => samples[Math.floor((index + 1) * step) - 1],
  );
}

function figureCells({ perSecond, p50, p99 }) {
  return [short(perSecond), short(p50), short(p99)];
}

/** Three digits; more would be noise. */
function short(number) {
  if (number === undefined || Number.isNaN(number)) return '–';
  return number >= 100 ? thousands(Math.round(number)) : String(Number(number.toPrecision(3)));
}

function thousands(number) {
  return number.toLocaleString('en-US');
}
