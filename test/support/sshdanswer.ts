/** Answers about sshd's configurations that stand in a test, without a disk. */

import type { FileAnswer } from '../../src/core/sshconfig/resolve/resolveinput.js';
import { nameKey } from '../../src/core/sshconfig/resolve/resolveinput.js';
import {
  noServerAnswers,
  type ServerAnswers,
  type ServerInput,
  type ServerNeed,
  type SshdConnection,
} from '../../src/core/sshconfig/sshd/serverinput.js';
import { matchPattern } from '../../src/core/text/pattern.js';
import { resolveNeedsSync } from '../../src/read/outside.js';

export interface ServerWorld {
  /** By path, latin1. `/main` is the main file. */
  readonly files: Readonly<Record<string, string>>;
  readonly mode?: number;
  /** Users with their groups. */
  readonly people?: Readonly<Record<string, readonly string[]>>;
}

export function connectionOf(known: Partial<SshdConnection> = {}): SshdConnection {
  return {
    ...{ user: null, host: null, address: null, localAddress: null, localPort: null, routingDomain: null },
    ...known,
  };
}

export function serverQuestion(known: Partial<SshdConnection> = {}): ServerInput {
  return { main: '/main', connection: connectionOf(known), facts: { home: '/root', directory: '/here' } };
}

/** Asks until there is an answer. */
export function serverAnswers<T extends { readonly type: string }>(
  world: ServerWorld,
  ask: (answers: ServerAnswers) => T | { readonly type: 'needs'; readonly needs: readonly ServerNeed[] },
): Exclude<T, { type: 'needs' }> {
  const known = {
    files: new Map(noServerAnswers.files),
    globs: new Map(noServerAnswers.globs),
    services: new Map<string, number | null>(),
    homes: new Map<string, string | null>(),
    groups: new Map(noServerAnswers.groups),
    addresses: new Map(noServerAnswers.addresses),
    interfaces: new Map<string, boolean>(),
  };
  const fileAt = (path: string): FileAnswer => {
    const text = world.files[path];
    if (text === undefined) return { type: 'missing' };
    return { type: 'file', text, mode: 0o100000 | (world.mode ?? 0o600), uid: 1_000, groupIsPrivate: false };
  };
  const supply = (need: ServerNeed) => {
    switch (need.type) {
      case 'file':
        return known.files.set(need.path, fileAt(need.path));
      case 'glob':
        return known.globs.set(
          need.pattern,
          Object.keys(world.files)
            .filter((path) => matchPattern(path, need.pattern))
            .sort(),
        );
      case 'service':
        return known.services.set(need.name, need.name === 'ssh' ? 22 : null);
      case 'home':
        return known.homes.set(need.user, world.people?.[need.user] ? `/home/${need.user}` : null);
      case 'groups':
        return known.groups.set(need.user, world.people?.[need.user] ?? null);
      case 'addresses':
        return known.addresses.set(
          nameKey(need.name, need.family),
          need.name === 'twohomes' ? ['192.0.2.1', '192.0.2.2'] : [],
        );
      case 'interface':
        return known.interfaces.set(need.name, need.name === 'vrf0');
    }
  };
  return resolveNeedsSync(() => ask(known), supply, 'the test');
}
