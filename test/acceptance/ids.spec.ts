import { readFileSync, readdirSync } from 'node:fs';

interface ConformanceIds {
  readonly tested: readonly string[];
  /** Why no test carries the id. */
  readonly skipped: Readonly<Record<string, string>>;
}

const folder = new URL('./', import.meta.url);
const { tested, skipped } = JSON.parse(
  readFileSync(new URL('conformance-ids.json', folder), 'utf8'),
) as ConformanceIds;

/** The ids with which a title, or the first cell of a table whose title begins with it, begins. */
function titledIds(): Set<string> {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const titles = sources.flatMap((source) => [
    ...source.matchAll(/(?:\bit|\))\(\s*['"`]([A-Z]{2,4}-\d{2})\b/g),
    ...source.matchAll(/\[\s*'([A-Z]{2,4}-\d{2})',/g),
  ]);
  return new Set(titles.map((match) => match[1]!));
}

const titled = titledIds();

it.each(tested)('%s of the conformance list has a test', (id) => {
  expect(titled).toContain(id);
});

it('no test carries an id that the list does not know or skips', () => {
  expect([...titled].filter((id) => !tested.includes(id))).toEqual([]);
});

it('every skipped id has a reason, and none is also tested', () => {
  expect(Object.values(skipped).filter((reason) => reason.trim() === '')).toEqual([]);
  expect(tested.filter((id) => id in skipped)).toEqual([]);
});
