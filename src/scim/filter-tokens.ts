import { ScimError } from './errors.js';
import { excerpt } from './path.js';

export type FilterToken = (
  | { readonly kind: '(' | ')' | '[' | ']' | 'end' }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string; readonly value: string }
) & {
  /** Offsets in the filter, in UTF-16 units; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
};

/** No filter may be longer, in UTF-16 units. */
export const maxFilterLength = 10_000;

const pattern = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/y;

// PostgreSQL stores neither NUL nor half a surrogate pair, so that no stored value could match.
const unstorable = /\0|\p{Surrogate}/u;

/**
 * Cuts a filter into tokens; the last one is of kind `end`. A word is an attribute path, an operator, or a
 * literal without quotes. Strings follow JSON (RFC 7644 §3.4.2.2).
 * @throws ScimError invalidFilter: too long, or no token
 */
export function tokenizeFilter(text: string): readonly FilterToken[] {
  if (text.length > maxFilterLength) {
    throw invalidFilter(`expected at most ${maxFilterLength} characters, found ${text.length}`);
  }
  const tokens: FilterToken[] = [];
  const length = text.trimEnd().length;
  let start = 0;
  while (start < length) {
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (!match) throw invalidFilter(`unterminated string at character ${start + 1}`);
    const end = pattern.lastIndex;
    const [, bracket, quoted, word] = match;
    if (word !== undefined) {
      tokens.push({ kind: 'word', text: word, start: end - word.length, end });
    } else if (quoted !== undefined) {
      const at = end - quoted.length;
      tokens.push({ kind: 'string', text: quoted, value: unquote(quoted, at), start: at, end });
    } else if (bracket === '(' || bracket === ')' || bracket === '[' || bracket === ']') {
      tokens.push({ kind: bracket, start: end - 1, end });
    }
    start = end;
  }
  tokens.push({ kind: 'end', start: length, end: length });
  return tokens;
}

export function invalidFilter(problem: string): ScimError {
  return new ScimError(400, 'invalidFilter', `filter: ${problem}`);
}

function unquote(quoted: string, start: number): string {
  let value: unknown;
  try {
    value = JSON.parse(quoted);
  } catch {
    throw invalidFilter(
      `expected a JSON string at character ${start + 1}, found ${excerpt(quoted)}`,
    );
  }
  if (typeof value !== 'string' || unstorable.test(value)) {
    throw invalidFilter(`the string at character ${start + 1} holds NUL or a lone surrogate`);
  }
  return value;
}
