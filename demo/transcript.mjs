/** What the demo prints: requests, answers, tables. Colours only where somebody watches. */
import { styleText } from 'node:util';

const WIDTH = 120;
const MARGIN = 11;
const coloured = process.stdout.isTTY === true && process.stdout.hasColors();

/** @param style as `styleText` of node:util takes it */
export function paint(style, text) {
  return coloured ? styleText(style, text) : text;
}

export function say(text = '') {
  process.stdout.write(`${text}\n`);
}

export function sayHeading(text) {
  say(`\n${paint('bold', text)}\n${'─'.repeat(text.length)}`);
}

export function sayRequest(purpose, method, path, body) {
  say(`\n  ${paint('bold', purpose)}`);
  say(`  ${paint('cyan', '→')} ${method.padEnd(7)}${path}`);
  sayBody(body);
}

export function sayAnswer(status, body, ms) {
  const colour = status < 400 ? 'green' : 'red';
  say(`  ${paint(colour, '←')} ${paint(colour, String(status).padEnd(7))}${ms} ms`);
  sayBody(body);
}

export function sayFailure(text) {
  say(`  ${paint('red', '✗')} ${text}`);
}

/** Each column as wide as its widest cell. */
export function sayTable(columns, rows) {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => row[index].length)),
  );
  const line = (cells) =>
    `  ${cells.map((cell, index) => cell.padEnd(widths[index])).join('  ')}`.trimEnd();
  say(paint('bold', line(columns)));
  for (const row of rows) say(line(row));
}

/** JSON as it travelled, broken between members where it is wider than the screen. */
function sayBody(text) {
  if (!text) return;
  const indent = ' '.repeat(MARGIN);
  for (const line of wrap(text, WIDTH - MARGIN)) say(indent + paint('dim', line));
}

function wrap(text, width) {
  const lines = [''];
  for (const part of text.split(/(?<=,)(?=["{])/)) {
    if (lines.at(-1).length + part.length > width && lines.at(-1) !== '') lines.push('');
    lines[lines.length - 1] += part;
  }
  return lines;
}
