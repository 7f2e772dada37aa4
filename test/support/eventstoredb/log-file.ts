import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { StoredEvent } from './records.js';

interface StoredLine {
  readonly id: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: string;
  readonly metadata: string;
  readonly commit: string;
  readonly prepare: string;
  readonly createdMs: number;
}

/**
 * The log on disk, one write of one line an append. It outlives a killed process, not a lost machine: nothing is synced.
 */
export class LogFile {
  private readonly descriptor: number;

  constructor(private readonly path: string) {
    this.descriptor = openSync(path, 'a+');
  }

  load(): StoredEvent[] {
    if (!existsSync(this.path)) return [];
    const bytes = readFileSync(this.path);
    // What a killed process had not written to the end was never acknowledged.
    const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
    ftruncateSync(this.descriptor, whole.length);
    return whole
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => (JSON.parse(line) as StoredLine[]).map(asEvent));
  }

  write(events: readonly StoredEvent[]): void {
    if (events.length > 0) writeSync(this.descriptor, `${JSON.stringify(events.map(asLine))}\n`);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

const asLine = (event: StoredEvent): StoredLine => ({
  ...event,
  revision: String(event.revision),
  commit: String(event.commit),
  prepare: String(event.prepare),
  data: Buffer.from(event.data).toString('base64'),
  metadata: Buffer.from(event.metadata).toString('base64'),
});

const asEvent = (line: StoredLine): StoredEvent => ({
  ...line,
  revision: BigInt(line.revision),
  commit: BigInt(line.commit),
  prepare: BigInt(line.prepare),
  data: Buffer.from(line.data, 'base64'),
  metadata: Buffer.from(line.metadata, 'base64'),
});
