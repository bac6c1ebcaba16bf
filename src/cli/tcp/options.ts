import { readPort, readSeconds, readWhole } from '../command/readvalue.js';
import { type CommandTable, jsonRow, type WordRow } from '../command/table.js';

const dryRun = { help: 'Show what would be done' } as const;

const timeWords = [
  { name: 'interval', optional: true },
  { name: 'probes', optional: true },
  { name: 'user-timeout', optional: true },
] as const satisfies readonly WordRow[];

const commands = {
  show: {
    summary: "The kernel's TCP times, where each comes from, what they come to",
    about: `The kernel's TCP times: value, unit, where it comes from, and how long a dead peer can go unnoticed, as a formula with its numbers. Needs no root.`,
    options: { systems: { help: 'What Linux, FreeBSD, macOS and Windows ship' }, json: jsonRow },
  },
  set: {
    summary: 'Set them, read back; --persist for good',
    about: `Sets the kernel's keepalive values in this network namespace and reads them back. For sockets that ask for keepalive and set no values of their own.`,
    options: {
      time: { value: 'S', read: readSeconds, help: 'Idle time before the first probe; 1 to 32767 s, or 10m' },
      interval: { value: 'S', read: readSeconds, help: 'Between unanswered probes; 1 to 32767 s' },
      probes: { value: 'N', read: readWhole, help: 'Unanswered probes until the end; 1 to 127' },
      persist: { help: 'Also a file in /etc/sysctl.d' },
      'dry-run': dryRun,
      json: jsonRow,
    },
  },
  undo: {
    summary: 'Take the last set back, to the byte',
    about: `Takes the last set of this network namespace back: values and file, to the byte. Refuses when something else changed them since.`,
    options: { 'dry-run': dryRun, json: jsonRow },
  },
  list: {
    summary: 'Live connections: which would notice a dead peer, and when',
    about: `Live TCP connections of this network namespace, those that need attention first, each with what it would make of a dead peer. Needs no root; without it the processes of other users are not named.`,
    options: {
      port: { value: 'N', read: readPort, help: 'Only with this port, at either end' },
      pid: { value: 'N', read: readWhole, help: 'Only of this process' },
      state: {
        value: 'NAME',
        help: 'established, syn-sent, close-wait, listen, ..., all',
        completes: 'socket-states',
      },
      'no-keepalive': { help: 'Only those that would never notice' },
      watch: { help: 'Look again each second; --json: one line each time' },
      json: jsonRow,
    },
  },
  explain: {
    summary: 'What values come to; what an option means; what a host gets',
    about: `Values: when a dead peer is noticed, which outages are outlived, traffic, which NATs and firewalls. Times in seconds, or as 90s, 10m, 2h.

Topic: an option under any of its names (TCP_KEEPIDLE, tcp_retries2, KeepAliveTime), or peer, errors, nat, proxy, http, outage. Without a word: all topics.

Host: what ssh to it would have against silence.`,
    usage: '[idle interval probes [user-timeout] | topic | host]',
    words: [{ name: 'idle', optional: true, completes: ['tcp-topics', 'hosts'] }, ...timeWords],
    options: {
      F: {
        value: 'FILE',
        repeat: 'last',
        help: 'Host: read this configuration; none reads no file',
        completes: 'files',
      },
      json: jsonRow,
    },
  },
  snippet: {
    summary: 'Code that sets the values on a socket',
    about: `Prints code that gives a socket these values (default 15 5 3), or the settings of a program that does.`,
    usage: '[idle interval probes [user-timeout]]',
    words: [{ name: 'idle', optional: true }, ...timeWords],
    options: {
      for: {
        value: 'LANGUAGE',
        help: 'c, python, node, go, java, nginx, systemd or sysctl',
        completes: 'snippet-languages',
      },
      json: jsonRow,
    },
  },
} as const satisfies Readonly<Record<string, CommandTable>>;

export const tcpTable = {
  about: 'TCP keepalive: see it, set it, explain it. Only set and undo change anything.',
  options: {},
  commands,
  examples: [
    'holdfast tcp list --no-keepalive   which connections never notice',
    'holdfast tcp explain 15 5 3        how long, which NATs, how much traffic',
  ],
} as const satisfies CommandTable;
