import type { UserChanges } from '../../commands/messages.js';
import type { JsonObject } from '../../domain/identifiers.js';
import { readChange } from '../../scim/attribute-value.js';
import { ScimError } from '../../scim/errors.js';
import { userType } from '../../scim/schema.js';
import { Problem } from './problem.js';

/** What a body may say of the attributes that SCIM describes as well. */
interface StatedAttributes {
  readonly userName?: unknown;
  readonly displayName?: unknown;
  readonly externalId?: unknown;
  readonly name?: unknown;
  readonly emails?: unknown;
}

type ReadAttributes = Omit<UserChanges, 'active' | 'role'>;

/**
 * The attributes of a body as SCIM reads them: the schema that binds the identity provider binds administrators too.
 * @throws Problem request-invalid, also for members that no schema knows
 */
export function readUserAttributes({
  userName,
  displayName,
  externalId,
  name,
  emails,
}: StatedAttributes): ReadAttributes {
  const sent = Object.entries({ userName, displayName, externalId, name, emails }).filter(
    ([, value]) => value !== undefined,
  );
  const stated = Object.fromEntries(sent) as JsonObject;
  try {
    return readChange(userType.attributes, stated, '', {
      quirks: [],
      onIgnored: (place) => {
        throw faultAt(place, `${place}: there is no such member`);
      },
    }) as ReadAttributes;
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    const [place = ''] = error.detail.split(':', 1);
    throw faultAt(place, error.detail);
  }
}

/** @param place as SCIM names it: `emails[0].value` */
function faultAt(place: string, detail: string): Problem {
  const pointer = `#/${place.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`;
  return new Problem('request-invalid', detail, [{ pointer, detail }]);
}
