/**
 * For how long, in milliseconds, an instance may act upon what it last read about an organization or a token. A change
 * of either is acknowledged only after this time, so that from its acknowledgement on no instance acts upon the old
 * state: one read per tenth of a second buys what would else cost one per request. See docs/adr/0005-leased-reads.md.
 */
export const LEASE_MS = 100;
