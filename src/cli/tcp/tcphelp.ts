import type { TcpCommand } from './options.js';

const all = `holdfast tcp <command> [options]

TCP keepalive: see it, set it, explain it. Only set and undo change anything.

Commands:
  show      The kernel's TCP times, where each comes from, what they come to
  set       Set them, read back; --persist for good
  undo      Take the last set back, to the byte
  list      Live connections: which would notice a dead peer, and when
  explain   What values come to; what an option means; what a host gets
  snippet   Code that sets the values on a socket

Options of each command: holdfast tcp <command> --help
      --json  One JSON object on stdout
  -h, --help  Show this help

Examples:
  holdfast tcp list --no-keepalive   which connections never notice
  holdfast tcp explain 15 5 3        how long, which NATs, how much traffic
`;

const last = `      --json             One JSON object on stdout
  -h, --help             Show this help
`;

const each: Readonly<Record<TcpCommand, string>> = {
  show: `holdfast tcp show [options]

The kernel's TCP times: value, unit, where it comes from, and how long a dead
peer can go unnoticed, as a formula with its numbers. Needs no root.

Options:
      --systems          What Linux, FreeBSD, macOS and Windows ship
${last}`,

  set: `holdfast tcp set [--time S] [--interval S] [--probes N] [options]

Sets the kernel's keepalive values in this network namespace and reads them
back. For sockets that ask for keepalive and set no values of their own.

Options:
      --time S           Idle time before the first probe; 1 to 32767 s, or 10m
      --interval S       Between unanswered probes; 1 to 32767 s
      --probes N         Unanswered probes until the end; 1 to 127
      --persist          Also a file in /etc/sysctl.d
      --dry-run          Show what would be done
${last}`,

  undo: `holdfast tcp undo [options]

Takes the last set of this network namespace back: values and file, to the
byte. Refuses when somebody else changed them since.

Options:
      --dry-run          Show what would be done
${last}`,

  list: `holdfast tcp list [options]

Live TCP connections of this network namespace, those that need attention
first, each with what it would make of a dead peer. Needs no root; without it
the processes of other users are not named.

Options:
      --port N           Only with this port, at either end
      --pid N            Only of this process
      --state NAME       established, syn-sent, close-wait, listen, ..., all
      --no-keepalive     Only those that would never notice
      --watch            Look again each second; --json: one line each time
${last}`,

  explain: `holdfast tcp explain [idle interval probes [user-timeout] | topic | host]

Values: when a dead peer is noticed, which outages are outlived, traffic, which
NATs and firewalls. Times in seconds, or as 90s, 10m, 2h.
Topic: an option under any of its names (TCP_KEEPIDLE, tcp_retries2,
KeepAliveTime), or peer, errors, nat, proxy, http, outage. Without a word:
all topics.
Host: what ssh to it would have against silence.

Options:
  -F FILE                Host: read this configuration; none reads no file
${last}`,

  snippet: `holdfast tcp snippet [idle interval probes [user-timeout]] --for LANGUAGE

Prints code that gives a socket these values (default 15 5 3), or the settings
of a program that does.

Options:
      --for LANGUAGE     c, python, node, go, java, nginx, systemd or sysctl
${last}`,
};

/** Whole text for people. */
export function tcpHelp(command: TcpCommand | null): string {
  return command === null ? all : each[command];
}
