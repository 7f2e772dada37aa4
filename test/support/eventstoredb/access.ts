import type { Metadata } from '@grpc/grpc-js';
import { Refused } from './faults.js';
import { accessDenied, unauthenticated } from './refusals.js';

export interface AccessOptions {
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>;
  /** Who may read `$all` and other system streams; in the server's default, administrators alone. */
  readonly allReaders: readonly string[];
}

/** Who may do what. Without options everybody may do everything, like a server started with `--insecure`. */
export class Access {
  constructor(private readonly options: AccessOptions | undefined) {}

  /** @throws Refused when the call names a user with another password */
  checkCaller(metadata: Metadata): void {
    if (this.options) userOf(metadata, this.options.users);
  }

  /** @throws Refused */
  checkMayRead(stream: string, metadata: Metadata): void {
    if (!this.options) return;
    const user = userOf(metadata, this.options.users);
    if (!stream.startsWith('$')) return;
    if (user === undefined || !this.options.allReaders.includes(user)) {
      throw new Refused(accessDenied());
    }
  }
}

/** @returns undefined for an anonymous call */
function userOf(metadata: Metadata, users: AccessOptions['users']): string | undefined {
  const [authorization] = metadata.get('authorization');
  if (authorization === undefined) return undefined;
  const encoded = String(authorization).replace(/^Basic /, '');
  const credentials = Buffer.from(encoded, 'base64').toString();
  const colon = credentials.indexOf(':');
  const [user, password] = [credentials.slice(0, colon), credentials.slice(colon + 1)];
  if (!Object.hasOwn(users, user) || users[user] !== password) throw new Refused(unauthenticated());
  return user;
}
