/**
 * What `holdfast run` does with each letter of ssh's option string (ssh.c: "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:M
 * NO:P:Q:R:S:TVw:W:XYy"; the letters with a colon take a value).
 * - `first`: sets the option of ssh_config; the first value in argv wins, also against -o and user@host.
 * - `over`: sets it whatever stood before.  `adds`: one more value.
 * - `silent`: there is nothing to say.  `note`: accepted, with a sentence.  `refused`: with the reason.
 */
export type Letter = {
  readonly value?: true;
} & (
  | { readonly does: 'first' | 'adds'; readonly keyword: string }
  | { readonly does: 'over'; readonly keyword: string; readonly as?: string }
  | { readonly does: 'forward'; readonly kind: 'local' | 'remote' | 'dynamic' | 'stdio' }
  | {
      readonly does:
        | 'option'
        | 'configFile'
        | 'logFile'
        | 'background'
        | 'quiet'
        | 'verbose'
        | 'monitor'
        | 'silent';
    }
  | { readonly does: 'note' | 'refused'; readonly says: string }
);

const noSession = 'holdfast opens no session on the server, so there is nothing to use it for';

export const letters: Readonly<Record<string, Letter>> = {
  // Forwards.
  L: { value: true, does: 'forward', kind: 'local' },
  R: { value: true, does: 'forward', kind: 'remote' },
  D: { value: true, does: 'forward', kind: 'dynamic' },
  W: { value: true, does: 'forward', kind: 'stdio' },
  g: { does: 'over', keyword: 'GatewayPorts', as: 'yes' },

  // Server and login.
  p: { value: true, does: 'first', keyword: 'Port' },
  l: { value: true, does: 'first', keyword: 'User' },
  i: { value: true, does: 'adds', keyword: 'IdentityFile' },
  J: { value: true, does: 'first', keyword: 'ProxyJump' },
  b: { value: true, does: 'over', keyword: 'BindAddress' },
  '4': { does: 'over', keyword: 'AddressFamily', as: 'inet' },
  '6': { does: 'over', keyword: 'AddressFamily', as: 'inet6' },
  F: { value: true, does: 'configFile' },
  P: { value: true, does: 'first', keyword: 'Tag' },
  o: { value: true, does: 'option' },

  // How it behaves here.
  f: { does: 'background' },
  q: { does: 'quiet' },
  v: { does: 'verbose' },
  E: { value: true, does: 'logFile' },
  M: { does: 'monitor' },

  // Nothing else is ever done.
  N: { does: 'silent' },
  T: { does: 'silent' },
  n: { does: 'silent' },
  a: { does: 'silent' },
  k: { does: 'silent' },
  x: { does: 'silent' },
  e: { value: true, does: 'silent' },
  '2': { does: 'silent' },

  // Works without.
  t: { does: 'note', says: noSession },
  A: { does: 'note', says: noSession },
  X: { does: 'note', says: noSession },
  Y: { does: 'note', says: noSession },
  C: { does: 'note', says: 'the connection is not compressed' },
  K: { does: 'note', says: 'holdfast does not log in with GSSAPI' },
  I: {
    value: true,
    does: 'note',
    says: 'holdfast uses the keys of a token through ssh-agent alone (ssh-add -s)',
  },
  c: { value: true, does: 'note', says: 'holdfast chooses its ciphers itself' },
  m: { value: true, does: 'note', says: 'holdfast chooses its MACs itself' },
  S: { value: true, does: 'note', says: 'holdfast shares no connection with ssh' },
  y: { does: 'note', says: 'messages go to stderr, or to --log-file, not to syslog' },

  // Means something that would not happen.
  w: { value: true, does: 'refused', says: 'holdfast forwards ports and sockets, no tun devices' },
  B: {
    value: true,
    does: 'refused',
    says: 'holdfast cannot bind to an interface; -b takes an address of it',
  },
  O: { value: true, does: 'refused', says: 'there is no master connection to control' },
  s: { does: 'refused', says: 'holdfast run forwards; it runs no subsystem on the server' },
  G: {
    does: 'refused',
    says: 'holdfast run --print shows what would be done, and where each value comes from',
  },
  Q: { value: true, does: 'refused', says: 'ssh -Q lists what ssh supports' },
  V: { does: 'refused', says: 'holdfast --version prints the version' },
  '1': { does: 'refused', says: 'version 1 of the protocol is gone' },
};

/** The long options of `holdfast run`. `value`: what stands for the value in the help; null = takes none. */
export const longOptions = {
  interval: {
    value: 'TIME',
    says: 'ServerAliveInterval; auto = as long as the path lets it be, by probe and experience',
  },
  hold: {
    value: 'TIME',
    says: 'how long a client waits for a working link (default 30s; 0 = reset at once)',
  },
  'max-attempts': { value: 'N', says: 'give up after N failed attempts in a row (default: never)' },
  'give-up-after': { value: 'TIME', says: 'give up after TIME without a working link (default: never)' },
  'on-up': { value: 'CMD', says: 'run CMD (sh -c) each time the tunnel comes up' },
  'on-down': { value: 'CMD', says: 'run CMD (sh -c) each time the tunnel goes down' },
  'pid-file': { value: 'FILE', says: 'write the pid of the process that keeps the tunnel; removed on exit' },
  'log-file': { value: 'FILE', says: 'append messages to FILE instead of stderr (as -E)' },
  'tcp-keepalive': {
    value: 'A:B:N',
    says: "TCP keepalive of it: idle A, interval B, N probes, as in 15:5:3 (default: the system's values)",
  },
  'tcp-user-timeout': { value: 'TIME', says: 'TCP_USER_TIMEOUT of it; replaces the probes (default: none)' },
  'tcp-notsent-lowat': {
    value: 'BYTES',
    says: "TCP_NOTSENT_LOWAT of it, as in 128k (default: the system's value)",
  },
  json: { value: null, says: 'one JSON object per line on stdout' },
  print: {
    value: null,
    says: 'show what would be done, with where each value comes from, and exit; with --json as an object',
  },
  help: { value: null, says: 'show this help' },
} as const satisfies Readonly<Record<string, { readonly value: string | null; readonly says: string }>>;

export type LongName = keyof typeof longOptions;
