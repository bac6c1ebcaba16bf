import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { nameKey } from '../core/sshconfig/resolve/resolveinput.js';
import type { ServerResolution } from '../core/sshconfig/sshd/resolvedserver.js';
import {
  noServerAnswers,
  type ServerAnswers,
  type ServerInput,
  type ServerNeed,
} from '../core/sshconfig/sshd/serverinput.js';
import { withoutNul } from '../core/sshconfig/sshd/serverlines.js';
import { resolveServer } from '../core/sshconfig/sshd/serverresolve.js';
import { type AccountTables, accountTables, groupNames } from '../io/base/accounts.js';
import { addressesOf, hasInterface } from '../io/dnslookup.js';
import { globPaths } from '../io/glob.js';
import { machine } from '../io/machine.js';
import { Outside, resolveNeeds } from './outside.js';

/** Which file, and what is known of the connection, as after `sshd -T -C`. What is absent is not known. */
export interface SshdOptions {
  /** Default: /etc/ssh/sshd_config. */
  readonly configFile?: string;
  readonly user?: string;
  /** The client's name. */
  readonly host?: string;
  /** The client's address. */
  readonly addr?: string;
  /** The server's own address. */
  readonly laddr?: string;
  /** The server's own port, 1 to 65535; must be known where a line says `Match LocalPort`. */
  readonly lport?: number;
  readonly rdomain?: string;
}

/** A query about a server. Strings are text, as typed. */
export interface SshdQuery extends SshdOptions {
  /** The home of the user that sshd runs as. @default /root */
  readonly home?: string;
  /** Where users and groups are looked up. @default the tables in /etc */
  readonly accounts?: AccountTables;
}

export type ServerResolved = Exclude<ServerResolution, { type: 'needs' }>;

/** Answers as `sshd -T -C` would, with where each comes from. No sshd is needed, and no host key is read. */
export function resolveServerConfig(query: SshdQuery): Promise<ServerResolved> {
  return withServerAnswers<ServerResolution>(query, resolveServer);
}

/** Asks something about a server's files, and supplies what must be known first, until there is an answer. */
export async function withServerAnswers<T extends { readonly type: string }>(
  query: SshdQuery,
  ask: (
    input: ServerInput,
    answers: ServerAnswers,
  ) => T | { readonly type: 'needs'; readonly needs: readonly ServerNeed[] },
): Promise<Exclude<T, { type: 'needs' }>> {
  const input = serverInputOf(query);
  const answers = new ServerFactCache(query.accounts ?? accountTables);
  return resolveNeeds(
    () => ask(input, answers),
    (need: ServerNeed) => answers.supply(need),
    textOf(input.main),
  );
}

function serverInputOf(query: SshdQuery): ServerInput {
  const bytes = (text: string | undefined) => (text === undefined ? null : bytesOf(text));
  return {
    main: bytesOf(query.configFile ?? '/etc/ssh/sshd_config'),
    connection: {
      user: bytes(query.user),
      host: bytes(query.host),
      address: bytes(query.addr),
      localAddress: bytes(query.laddr),
      localPort: query.lport ?? null,
      routingDomain: bytes(query.rdomain),
    },
    facts: { home: bytesOf(query.home ?? '/root'), directory: bytesOf(machine().directory) },
  };
}

/** What was found so far. A file is read once for all rounds. */
class ServerFactCache extends Outside implements ServerAnswers {
  readonly groups = new Map(noServerAnswers.groups);
  readonly addresses = new Map(noServerAnswers.addresses);
  readonly interfaces = new Map(noServerAnswers.interfaces);
  readonly joined = new Set<Bytes>();

  constructor(readonly accounts: AccountTables) {
    super();
  }

  async supply(need: ServerNeed): Promise<void> {
    switch (need.type) {
      case 'groups':
        this.groups.set(need.user, groupNames(need.user, this.accounts));
        return;
      case 'addresses': {
        const found = await addressesOf(textOf(need.name), need.family);
        this.addresses.set(nameKey(need.name, need.family), found);
        return;
      }
      case 'interface':
        this.interfaces.set(need.name, hasInterface(textOf(need.name)));
        return;
      case 'file': {
        await this.find(need);
        const file = this.files.get(need.path);
        if (file?.type !== 'file') return;
        const text = withoutNul(file.text);
        if (text === file.text) return;
        this.files.set(need.path, { ...file, text, onDisk: file.text });
        this.joined.add(need.path);
        return;
      }
      case 'glob': {
        // sshd looks as root: what it would find there is not known.
        const denied: Bytes[] = [];
        const paths = await globPaths(need.pattern, (folder) => denied.push(folder));
        this.globs.set(need.pattern, [...new Set([...paths, ...denied])]);
        for (const folder of denied)
          this.files.set(folder, { type: 'unreadable', reason: 'you may not look into it', denied: true });
        return;
      }
      default:
        await this.find(need);
    }
  }
}
