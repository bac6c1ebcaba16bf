/** What a server says of itself before any login (RFC 4253, 4.2), and what is known of that version. */
import { isSince, type Release } from '../sshconfig/keywords/releases.js';

/** The identification string of an SSH server (RFC 4253, section 4.2), in parts. */
export interface Banner {
  /** As it was sent: `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3`. */
  readonly text: string;
  /** `OpenSSH 9.2p1 Debian-2+deb12u3`, `dropbear 2022.83`: what stands behind the protocol's version. */
  readonly software: string;
  /** Of OpenSSH: `9.2`; null: another program, or it does not say. */
  readonly release: string | null;
}

/** null: the line is no identification. */
export function readBanner(line: string): Banner | null {
  const [, software] = /^SSH-[\d.]+-(.+?)\s*$/.exec(line) ?? [];
  if (software === undefined) return null;
  const [, release = null] = /^OpenSSH_(?:for_Windows_)?(\d+\.\d+)/.exec(software) ?? [];
  return { text: line.trimEnd(), software: software.replaceAll('_', ' '), release };
}

/** Something that a release does to keepalive or to tunnels. */
export interface Flaw {
  readonly releases: string;
  readonly sentence: string;
  readonly source: string;
}

interface FlawRow extends Flaw {
  /** The first release that has it, and the first that does not any more; left out: all before, or all since. */
  readonly since?: Release;
  readonly until?: Release;
}

const rows: readonly FlawRow[] = [
  {
    since: '9.2',
    until: '9.5',
    releases: '9.2 to 9.4',
    sentence: 'sshd asks at half the rate: ClientAliveInterval counts twice',
    source: 'serverloop.c; mended in 9.5 (commit 9d7193a83); measured with 9.2',
  },
  {
    until: '8.2',
    releases: 'before 8.2',
    sentence: 'ClientAliveCountMax 0 ends a healthy connection; since 8.2 it means never',
    source: 'release notes of 8.2',
  },
  {
    since: '9.8',
    releases: '9.8 on',
    sentence:
      'failed logins, and connections without one, shut out everybody behind the same address for a while (PerSourcePenalties)',
    source: 'srclimit.c; sshd_config(5)',
  },
  {
    releases: 'all, up to 10.5',
    sentence: 'while a session prints, sshd does not ask, and ClientAlive notices nothing',
    source: 'serverloop.c, wait_until_can_do_something; measured with 9.2',
  },
];

/** What matters to keepalive and tunnels in a release of OpenSSH, what is its own first. */
export function flawsOf(release: string | null): readonly Flaw[] {
  if (release === null) return [];
  return rows
    .filter(({ since, until }) => isSince(release, since ?? null) && !(until && isSince(release, until)))
    .map(({ releases, sentence, source }) => ({ releases, sentence, source }));
}
