import type { StreamAppend } from './event-store.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a stream can have this name: 1 to 512 characters, no control characters, no lone surrogates. */
export function isName(name: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{1,512}$/u.test(name);
}

/** @throws TypeError on what is a defect of the caller */
export function assertWellFormed(appends: readonly StreamAppend[]): void {
  if (appends.length === 0) throw new TypeError('nothing to append: no stream given');
  if (new Set(appends.map(({ stream }) => stream)).size < appends.length) {
    throw new TypeError('a stream is named twice in one append');
  }
  for (const { stream, expected, events } of appends) {
    if (!isName(stream)) {
      throw new TypeError(
        'a stream name has 1 to 512 characters, none of them a control character',
      );
    }
    if (typeof expected === 'number' && !(Number.isSafeInteger(expected) && expected >= 0)) {
      throw new TypeError(`${expected} is not a revision`);
    }
    if (events.length === 0) throw new TypeError('nothing to append: no events given');
    for (const { id, metadata } of events) {
      if (!UUID.test(id)) throw new TypeError(`not a UUID: ${id}`);
      if (metadata.organization !== undefined && !isName(metadata.organization)) {
        throw new TypeError('an organization is named by characters other than control characters');
      }
    }
  }
}
