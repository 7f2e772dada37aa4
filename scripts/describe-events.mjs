import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCE = new URL('../src/domain/events.ts', import.meta.url);
const PAGE = new URL('../docs/events.md', import.meta.url);

/** docs/events.md as src/domain/events.ts demands it: every event with its fields and what their comments say. */
export function describeEvents(source = readFileSync(SOURCE, 'utf8')) {
  const file = ts.createSourceFile('events.ts', source, ts.ScriptTarget.Latest, true);
  const events = file.statements.filter(
    (statement) => ts.isInterfaceDeclaration(statement) && typeOf(statement) !== undefined,
  );
  return [
    '# Events',
    'Every fact that the log may hold, generated from `src/domain/events.ts` by `npm run docs:events`. Stored names are versioned and never change. Personal data stands in the field `personal` and nowhere else.',
    ...events.map((event) => section(event, file)),
  ].join('\n\n');
}

function typeOf(declaration) {
  const type = declaration.members.find((member) => member.name?.getText() === 'type');
  return type?.type?.literal?.text;
}

function section(event, file) {
  const fields = event.members
    .filter((member) => member.name.getText() !== 'type')
    .map((member) => {
      const shape = member.type
        .getText(file)
        .replace(/\/\*\*.*?\*\//gs, '')
        .replace(/\s+/g, ' ');
      const says = commentOf(member);
      return `- \`${member.name.getText()}\`: \`${shape}\`${says ? ` — ${says}` : ''}`;
    });
  return [`## ${typeOf(event)}`, commentOf(event), fields.join('\n')].filter(Boolean).join('\n\n');
}

const commentOf = (node) =>
  ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => (typeof comment === 'string' ? comment : ''))
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, `${describeEvents()}\n`);
}
