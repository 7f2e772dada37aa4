/**
 * What a run found; figures of connections that were not measured are missing.
 * @typedef {object} Results
 * @property {{ insert: Record<number, Figures>, http: Record<number, Figures> }} limits by connections
 * @property {Record<string, Record<number, Figures & { processorMs: number }>>} scenarios by name, then connections; the
 *   service's processor time per operation, NaN where unknown
 * @property {{ size: number, connections: number, add: Figures, remove: Figures, lost: number, surplus: number }[]} membership
 * @property {{ users: number, seconds: number, firstMs: number, lastMs: number }} [imported]
 * @property {{ idle: number, seeded: number, most: number, users: number }} [memory] MB
 * @property {{ minutes: number, figures: Figures, samples: number[] }} [soak] MB, evenly spaced
 * @typedef {import('./drive.mjs').Figures} Figures
 */

/** The scenarios in the order of the table, and the limit that each is compared with. */
export const SCENARIOS = {
  lookup: { title: 'lookup, `userName eq`', limit: 'http' },
  get: { title: 'GET by id', limit: 'http' },
  groupLookup: { title: 'largest group, `excludedAttributes=members`', limit: 'http' },
  patch: { title: 'PATCH `active`', limit: 'insert' },
  getAndPut: { title: 'GET, then PUT', limit: 'insert' },
  create: { title: 'create', limit: 'insert' },
  mixed: { title: 'mixed load', limit: 'http' },
};

const RATIO_TARGETS = [
  ['create', 64, 0.12],
  ['lookup', 16, 0.12],
  ['get', 16, 0.12],
  ['patch', 16, 0.1],
];
const LIMIT_TITLES = { insert: 'durable INSERTs', http: 'bare node:http' };
const MOST_MEGABYTES = 350;
/** Resident memory breathes with garbage collection: more than this between two halves is growth. */
const FLAT_WITHIN = 1.1;

/** @returns {number | undefined} the rate as a share of its limit's at as many connections */
export function ratioToLimit({ limits, scenarios }, name, connections) {
  const rate = scenarios[name]?.[connections]?.perSecond;
  const limit = limits[SCENARIOS[name].limit][connections]?.perSecond;
  return rate && limit && rate / limit;
}

/**
 * Judges what was measured of the targets.
 * @param {Results} results
 * @returns {{ what: string, bound: 'least' | 'most', target: number, found: number, unit: string }[]}
 */
export function judge(results) {
  return [
    ...ratios(results),
    ...membership(results),
    ...importing(results),
    ...memory(results),
  ].filter(({ found }) => found !== undefined);
}

/** @param {ReturnType<typeof judge>[number]} judgement */
export function isMet({ bound, target, found }) {
  return bound === 'least' ? found >= target : found <= target;
}

function ratios(results) {
  return RATIO_TARGETS.map(([name, connections, target]) => ({
    what: `${SCENARIOS[name].title} at ${connections}, per ${LIMIT_TITLES[SCENARIOS[name].limit]} at ${connections}`,
    bound: 'least',
    target,
    found: ratioToLimit(results, name, connections),
    unit: '×',
  }));
}

function membership({ membership: cells }) {
  const median = (size) => cells.find((it) => it.size === size && it.connections === 1)?.add.p50;
  const [small, large] = [median(100), median(10_000)];
  const contended = cells.filter(({ connections }) => connections > 1);
  const wrong = contended.reduce((sum, { lost, surplus }) => sum + lost + surplus, 0);
  return [
    {
      what: 'member add at 10,000 members, per at 100',
      bound: 'most',
      target: 1.5,
      found: small && large && large / small,
      unit: '×',
    },
    {
      what: 'member changes lost at 8 connections',
      bound: 'most',
      target: 0,
      found: contended.length > 0 ? wrong : undefined,
      unit: '',
    },
  ];
}

function importing({ imported }) {
  return [
    {
      what: 'last import page, per first',
      bound: 'most',
      target: 2,
      found: imported && imported.lastMs / imported.firstMs,
      unit: '×',
    },
  ];
}

function memory({ memory: found, soak }) {
  return [
    {
      what: 'most resident memory of the service',
      bound: 'most',
      target: MOST_MEGABYTES,
      found: found?.most,
      unit: 'MB',
    },
    {
      what: 'resident memory in the last third of the soak, per in the middle third',
      bound: 'most',
      target: FLAT_WITHIN,
      found: soak && growth(soak.samples),
      unit: '×',
    },
  ];
}

/** The first third is left out: caches fill and the heap finds its size. */
function growth(samples) {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return undefined;
  const mean = (part) => part.reduce((sum, sample) => sum + sample, 0) / part.length;
  return mean(samples.slice(2 * third)) / mean(samples.slice(third, 2 * third));
}
