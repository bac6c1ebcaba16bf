import type { Bytes } from '../bytes.js';
import type { Trouble } from '../resolve/resolvedconfig.js';
import { nameKey } from '../resolve/resolveinput.js';
import { canonicalAddress, type Family } from '../values/canonicaladdress.js';
import type { ServerAnswers, ServerNeed } from './serverinput.js';
import type { ServerSettings } from './serversettings.js';

type Listening =
  | { readonly type: 'lines'; readonly lines: readonly Bytes[] }
  | { readonly type: 'needs'; readonly need: ServerNeed }
  | { readonly type: 'refused'; readonly trouble: Trouble };

/** Every address, as getaddrinfo(3) gives them for a server. */
const everywhere: Readonly<Record<Family, readonly Bytes[]>> = {
  any: ['0.0.0.0', '::'],
  inet: ['0.0.0.0'],
  inet6: ['::'],
};

/**
 * The addresses and ports that sshd listens at (`add_listen_addr` and `format_listen_addrs` in servconf.c): each address
 * without a port with every Port, routing domains apart, and the addresses of one name backwards.
 */
export function listenLines(settings: ServerSettings, answers: ServerAnswers): Listening {
  const said = settings.word('addressfamily') ?? 'any';
  const family: Family = said === 'inet' || said === 'inet6' ? said : 'any';
  const set = settings.cell('port').settings.map(({ value }) => (value.type === 'number' ? value.number : 0));
  const ports = set.length > 0 ? set : [22];
  const domains = new Map<Bytes, Bytes[]>();
  const add = (addresses: readonly Bytes[], port: number, domain: Bytes) => {
    const lines = domains.get(domain) ?? [];
    domains.set(domain, lines);
    const behind = domain === '' ? '' : ` rdomain ${domain}`;
    for (const address of [...addresses].reverse()) {
      lines.push(`${address.includes(':') ? `[${address}]` : address}:${port}${behind}`);
    }
  };
  const listens = settings.cell('listenaddress').settings;
  for (const setting of listens) {
    const [host = '', digits = '0', domain = ''] = setting.value.type === 'words' ? setting.value.words : [];
    const numeric = canonicalAddress(host, family);
    // An address of the other family is no name to look up.
    const foreign = numeric === null && canonicalAddress(host, 'any') !== null;
    const found = foreign ? [] : answers.addresses.get(nameKey(host, family));
    const addresses = numeric === null ? found : [numeric];
    if (addresses === undefined) return { type: 'needs', need: { type: 'addresses', name: host, family } };
    if (addresses.length === 0) {
      const reason = `${JSON.stringify(host)} has no address${family === 'any' ? '' : ` of family ${family}`}`;
      const suggestion = 'an address of this machine, or a name that is found';
      return {
        type: 'refused',
        trouble: { place: setting.place, keyword: 'ListenAddress', reason, suggestion },
      };
    }
    for (const port of digits === '0' ? ports : [Number(digits)]) add(addresses, port, domain);
  }
  if (listens.length === 0) for (const port of ports) add(everywhere[family], port, '');
  return { type: 'lines', lines: [...domains.values()].flat() };
}
