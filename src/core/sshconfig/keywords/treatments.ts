/** What `run` does with the keywords of ssh_config(5). Each row of the table of keywords names one. */

export type Treatment =
  /** It means what it means in ssh. */
  | { readonly type: 'honoured' }
  /**
   * It forbids nothing that a forward could do: it is about sessions and the screen, or it grants or decorates something.
   * `noted`: a line that sets it to something else than ssh's default is named in one note.
   */
  | { readonly type: 'meaningless'; readonly noted: boolean }
  /**
   * It forbids something, and holdfast does not see to that: a line of it is refused. Not where `ssh -G` would print only
   * what `harmless` matches.
   */
  | {
      readonly type: 'restricting';
      readonly harmless: RegExp;
      /** What to do, as the end of a sentence. */
      readonly instead: string;
    };

export const honoured: Treatment = { type: 'honoured' };
export const silent: Treatment = { type: 'meaningless', noted: false };
export const noted: Treatment = { type: 'meaningless', noted: true };

const restricting = (harmless: RegExp, instead: string): Treatment => ({
  type: 'restricting',
  harmless,
  instead,
});

export const refused = {
  bindInterface: restricting(/^$/, "give BindAddress that interface's address in its place"),
  knownHostsCommand: restricting(
    /^none$/i,
    'name a file of the keys by UserKnownHostsFile, and set KnownHostsCommand none',
  ),
  verifyHostKeyDns: restricting(
    /^false$/,
    'set VerifyHostKeyDNS no; the host key is then checked by the known_hosts files alone',
  ),
  checkHostIp: restricting(
    /^no$/,
    'set CheckHostIP no; the host key is then checked by the name alone, as ssh does since 8.5',
  ),
  // Time-outs of what a forward never opens.
  channelTimeout: restricting(
    /^(none|(?:(?:(?:session|x11-connection|agent-connection|tun-connection)=[^\s=]+|(?!(?:session|x11-connection|agent-connection|tun-connection)=)[^\s=]+=0)(?: |$))*)$/,
    'set ChannelTimeout none; ChannelTimeout in the sshd_config of the server ends idle connections, too',
  ),
} as const;
