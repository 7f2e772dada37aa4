import { Injectable, RequestMethod, type OnModuleInit, type Type } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { ApiKeyGuard } from './api-key.guard.js';
import { needOf } from './permissions.js';

/** Refuses to start while an endpoint below /api lets anybody in, or everybody who has a key. */
@Injectable()
export class DeclaredPermissions implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  /** @throws Error naming the endpoints */
  onModuleInit(): void {
    const open = [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ metatype }) => (isClass(metatype) ? openEndpoints(metatype) : []));
    if (open.length > 0) {
      throw new Error(`endpoints without authorization:\n  ${open.join('\n  ')}`);
    }
  }
}

function openEndpoints(controller: Type<object>): string[] {
  const base = metadata<string | readonly string[]>(PATH_METADATA, controller) ?? '';
  const bases = [base].flat().map(trimmed);
  if (!bases.some((path) => path === 'api' || path.startsWith('api/'))) return [];
  const guards = metadata<readonly unknown[]>(GUARDS_METADATA, controller) ?? [];
  return endpointsOf(controller).flatMap((handler) => {
    const method = RequestMethod[metadata<RequestMethod>(METHOD_METADATA, handler) ?? 0];
    const path = [metadata<string | readonly string[]>(PATH_METADATA, handler) ?? ''].flat();
    const endpoint = `${method} /${[...bases, ...path.map(trimmed)].filter(Boolean).join('/')}`;
    if (!guards.includes(ApiKeyGuard)) return [`${endpoint}: expected an @AdminController`];
    return needOf(handler) ? [] : [`${endpoint}: expected @Needs(permission)`];
  });
}

/** The methods of a controller, inherited ones included, that answer requests. */
function endpointsOf({ prototype }: Type<object>): ((...given: never) => unknown)[] {
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .map((name): unknown => Reflect.get(prototype as object, name))
    .filter((member) => typeof member === 'function')
    .filter((method): method is (...given: never) => unknown =>
      Reflect.hasMetadata(PATH_METADATA, method),
    );
}

const isClass = (metatype: unknown): metatype is Type<object> => typeof metatype === 'function';

const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, '');

const metadata = <Value>(key: string, target: object): Value | undefined =>
  Reflect.getMetadata(key, target) as Value | undefined;
