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
  | { readonly type: 'first' | 'adds'; readonly keyword: string }
  | { readonly type: 'over'; readonly keyword: string; readonly as?: string }
  | { readonly type: 'forward'; readonly kind: 'local' | 'remote' | 'dynamic' | 'stdio' }
  | {
      readonly type:
        | 'option'
        | 'configFile'
        | 'logFile'
        | 'background'
        | 'quiet'
        | 'verbose'
        | 'monitor'
        | 'silent';
    }
  | { readonly type: 'note' | 'refused'; readonly says: string }
);

const noSession = 'holdfast opens no session on the server, so there is nothing to use it for';

export const letters: Readonly<Record<string, Letter>> = {
  // Forwards.
  L: { value: true, type: 'forward', kind: 'local' },
  R: { value: true, type: 'forward', kind: 'remote' },
  D: { value: true, type: 'forward', kind: 'dynamic' },
  W: { value: true, type: 'forward', kind: 'stdio' },
  g: { type: 'over', keyword: 'GatewayPorts', as: 'yes' },

  // Server and login.
  p: { value: true, type: 'first', keyword: 'Port' },
  l: { value: true, type: 'first', keyword: 'User' },
  i: { value: true, type: 'adds', keyword: 'IdentityFile' },
  J: { value: true, type: 'first', keyword: 'ProxyJump' },
  b: { value: true, type: 'over', keyword: 'BindAddress' },
  '4': { type: 'over', keyword: 'AddressFamily', as: 'inet' },
  '6': { type: 'over', keyword: 'AddressFamily', as: 'inet6' },
  F: { value: true, type: 'configFile' },
  P: { value: true, type: 'first', keyword: 'Tag' },
  o: { value: true, type: 'option' },

  // How it behaves here.
  f: { type: 'background' },
  q: { type: 'quiet' },
  v: { type: 'verbose' },
  E: { value: true, type: 'logFile' },
  M: { type: 'monitor' },

  // Nothing else is ever done.
  N: { type: 'silent' },
  T: { type: 'silent' },
  n: { type: 'silent' },
  a: { type: 'silent' },
  k: { type: 'silent' },
  x: { type: 'silent' },
  e: { value: true, type: 'silent' },
  '2': { type: 'silent' },

  // Works without.
  t: { type: 'note', says: noSession },
  A: { type: 'note', says: noSession },
  X: { type: 'note', says: noSession },
  Y: { type: 'note', says: noSession },
  C: { type: 'note', says: 'the connection is not compressed' },
  K: { type: 'note', says: 'holdfast does not log in with GSSAPI' },
  I: {
    value: true,
    type: 'note',
    says: 'holdfast uses the keys of a token through ssh-agent alone (ssh-add -s)',
  },
  c: { value: true, type: 'note', says: 'holdfast chooses its ciphers itself' },
  m: { value: true, type: 'note', says: 'holdfast chooses its MACs itself' },
  S: { value: true, type: 'note', says: 'holdfast shares no connection with ssh' },
  y: { type: 'note', says: 'messages go to stderr, or to --log-file, not to syslog' },

  // Means something that would not happen.
  w: { value: true, type: 'refused', says: 'holdfast forwards ports and sockets, no tun devices' },
  B: {
    value: true,
    type: 'refused',
    says: 'holdfast cannot bind to an interface; -b takes an address of it',
  },
  O: { value: true, type: 'refused', says: 'there is no master connection to control' },
  s: { type: 'refused', says: 'holdfast run forwards; it runs no subsystem on the server' },
  G: {
    type: 'refused',
    says: 'holdfast run --print shows what would be done, and where each value comes from',
  },
  Q: { value: true, type: 'refused', says: 'ssh -Q lists what ssh supports' },
  V: { type: 'refused', says: 'holdfast --version prints the version' },
  '1': { type: 'refused', says: 'version 1 of the protocol is gone' },
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
