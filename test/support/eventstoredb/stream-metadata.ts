/** What a stream's metastream says of it, as far as the double obeys it. */
export interface StreamMetadata {
  /** The first revision that reads show; {@link DELETED} when the stream is soft-deleted. */
  readonly truncateBefore?: bigint;
  readonly maxCount?: number;
  readonly maxAgeSeconds?: number;
}

/** The greatest revision: as `$tb` it deletes a stream softly, as an event's revision it is the tombstone. */
export const DELETED = 0x7fff_ffff_ffff_ffffn;
export const METADATA_TYPE = '$metadata';

/** JSON.parse rounds {@link DELETED} up to this. */
const DELETED_ROUNDED = 2 ** 63;

export const isMetastream = (stream: string): boolean => stream.startsWith('$$');
export const metastreamOf = (stream: string): string => `$$${stream}`;

export function readMetadata(data: Uint8Array | undefined): StreamMetadata {
  const { $tb, $maxCount, $maxAge } = parse(data);
  return {
    ...(typeof $tb === 'number' && {
      truncateBefore: $tb >= DELETED_ROUNDED ? DELETED : BigInt($tb),
    }),
    ...(typeof $maxCount === 'number' && { maxCount: $maxCount }),
    ...(typeof $maxAge === 'number' && { maxAgeSeconds: $maxAge }),
  };
}

/** The same metadata with another `$tb`, as JSON text. */
export function truncatedBefore(data: Uint8Array | undefined, revision: bigint): string {
  const { $tb: _, ...others } = parse(data);
  const members = Object.entries(others).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  // Joined by hand, because no number of JavaScript is 2^63 - 1.
  return `{${[...members, `"$tb":${revision}`].join(',')}}`;
}

function parse(data: Uint8Array | undefined): Readonly<Record<string, unknown>> {
  if (!data) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
