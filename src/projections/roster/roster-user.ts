import type { UserEvent } from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import { foldCase } from '../../scim/comparison.js';
import { foldUser, type ResourceRow } from '../resource-fold.js';

/** An event of an organization: all but those about the installation. */
export type OrganizationRecorded = RecordedEvent & {
  readonly metadata: { readonly organization: OrganizationId };
};

/** Who made a change by hand, and when. */
interface Overriding {
  readonly actor: string;
  readonly at: string;
}

/** A row of the table of users. */
export interface RosterUserRow extends ResourceRow {
  readonly status: string;
  readonly deleted: boolean;
  readonly synced: boolean;
  readonly origin: string;
  readonly role: string | null;
  readonly role_source: string | null;
  readonly predecessor_id: string | null;
  readonly overrides: Readonly<Record<string, Overriding>>;
}

type Created = Extract<UserEvent, { type: 'UserProvisioned' | 'UserRegistered' }>;

/** The row after an event; undefined for an event about nobody. An event seen before changes nothing. */
export function foldRosterUser(
  row: RosterUserRow | undefined,
  event: UserEvent,
  recorded: OrganizationRecorded,
): RosterUserRow | undefined {
  if (row && (row.deleted || recorded.revision <= row.revision)) return row;
  const resource = foldUser(row, event, recorded);
  if (event.type === 'UserProvisioned' || event.type === 'UserRegistered') {
    return resource && { ...resource, ...unspoiled(event) };
  }
  if (!row) return undefined;
  // foldUser knows no row of a deleted user: what was known of it last stays.
  const kept = resource ?? {
    revision: recorded.revision,
    modified_at: recorded.metadata.occurredAt,
  };
  return { ...row, ...kept, ...changed(row, event, recorded) };
}

const unspoiled = (event: Created): Omit<RosterUserRow, keyof ResourceRow> => ({
  status: event.type === 'UserProvisioned' && !event.active ? 'disabled' : 'active',
  deleted: false,
  synced: event.type === 'UserProvisioned',
  origin: event.type === 'UserProvisioned' ? 'scim' : event.origin,
  role: null,
  role_source: null,
  predecessor_id: null,
  overrides: {},
});

/** What the event changes besides the resource. */
function changed(
  { status, overrides }: RosterUserRow,
  event: Exclude<UserEvent, Created>,
  { metadata: { actor, occurredAt: at } }: OrganizationRecorded,
): Partial<RosterUserRow> {
  switch (event.type) {
    case 'UserDeactivated':
      // Who left is back by a reactivation only.
      return { status: status === 'removed' ? status : 'disabled' };
    case 'UserLeftOrganization':
      return { status: 'removed' };
    case 'UserReactivated':
      return { status: 'active' };
    case 'UserDeleted':
      return { status: 'removed', deleted: true };
    case 'UserAdopted':
      return { synced: true };
    case 'UserSucceeded':
      return { predecessor_id: event.predecessorId };
    case 'UserRoleChanged':
      return { role: event.role, role_source: event.source };
    case 'UserOverridden': {
      const made = event.attributes.map((name) => [name, { actor, at }] as const);
      return { overrides: { ...overrides, ...Object.fromEntries(made) } };
    }
    case 'UserOverridesReplaced': {
      const left = Object.entries(overrides).filter(([name]) => !event.attributes.includes(name));
      return { overrides: Object.fromEntries(left) };
    }
    case 'UserRenamed':
    case 'UserProfileChanged':
    case 'SignInTeamsChanged':
    case 'ClaimFenced':
      return {};
  }
}

/** What `?q=` looks into. */
export function searchedText({ resource }: ResourceRow): string {
  const { userName, displayName, emails } = resource;
  const addresses = Array.isArray(emails)
    ? emails.map((email: unknown) =>
        typeof email === 'object' && email && 'value' in email ? email.value : '',
      )
    : [];
  const words = [userName, displayName, ...addresses].filter((word) => typeof word === 'string');
  return foldCase(words.join('\n'));
}
