/** PermitRemoteOpen: where clients of a remote SOCKS forward may connect to. */

import { textOf } from '../sshconfig/bytes.js';
import type { HostOptions } from './hostoptions.js';
import type { PermittedTarget } from './request.js';

/** Null: anywhere. */
export function permittedTargets(settings: HostOptions): readonly PermittedTarget[] | null {
  const [line] = settings.option('PermitRemoteOpen')?.settings ?? [];
  const words = line?.value.type === 'words' ? line.value.words.map(textOf) : ['any'];
  if (line === undefined || words[0]?.toLowerCase() === 'any') return null;
  if (words[0]?.toLowerCase() === 'none') return [];
  return words.flatMap((word) => {
    const [, host = '', port = ''] = /^(.*):([^:]*)$/.exec(word) ?? [];
    if (port !== '*' && !/^\d+$/.test(port)) {
      const said = `${JSON.stringify(word)}: want the port as a number, or *`;
      settings.failures.push(settings.failureOf({ keyword: 'PermitRemoteOpen', place: line.place }, said));
      return [];
    }
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    return [{ host: bare === '*' ? null : bare, port: port === '*' ? null : Number(port) }];
  });
}

/** As open_match in channels.c: a host is compared letter by letter, and nothing is looked up. */
export function isPermitted(
  targets: readonly PermittedTarget[] | null,
  to: { readonly host: string; readonly port: number },
): boolean {
  if (targets === null) return true;
  return targets.some(
    ({ host, port }) => (host === null || host === to.host) && (port === null || port === to.port),
  );
}
