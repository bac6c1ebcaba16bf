/** What `run --print` shows to people: one screen, each value with where it comes from. */
import type { Request, Sources, TunnelOptions } from '../../edit/tunnelrequest.js';
import { escapeControls, tildePath, width, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { described, promise } from './report.js';

type Row = readonly [label: string, value: string, from: string];

const typed = 'command line';
const unset = 'default';
/** A longer value does not move the last column. */
const widest = 38;

/** @param args what the command line says beyond ssh's options. @param notes of both */
export function requestText(
  request: Request,
  sources: Sources,
  args: TunnelOptions,
  notes: readonly string[],
): string {
  const { route } = request;
  const hops = route.type === 'jump' ? route.hops.map(({ host }) => host) : [];
  const through = hops.length === 0 ? '' : `, through ${hops.join(' and ')}`;
  const forwards = request.forwards.map((forward): Row => {
    return ['', described(forward, null), fromText(sources.forwards.get(forward.text)) ?? typed];
  });
  const says = promise(request);
  return [
    `${escapeControls(`${request.host}: ${whereText(request)}${through}`)}\n${table(forwards)}`,
    table([...optionRows(request, sources, args), ...ownRows(request, args)]),
    [`${wrapText('', `${says.charAt(0).toUpperCase()}${says.slice(1)}.`)}\n`]
      .concat(notes.map((note) => `${wrapText('note: ', escapeControls(note))}\n`))
      .join(''),
  ].join('\n');
}

function whereText({ login, address }: Pick<Request, 'login' | 'address'>): string {
  return `${login.user}@${address.hostName} port ${address.port}`;
}

/** Those that each tunnel has, and behind them what else the user set. */
function optionRows(request: Request, { options }: Sources, args: TunnelOptions): readonly Row[] {
  const { address, login, trust, keepalive } = request;
  const { agent } = login;
  const always: readonly (readonly [keyword: string, value: string])[] = [
    ['HostName', address.hostName],
    ['User', login.user],
    ['Port', String(address.port)],
    ['IdentityFile', listed(login.identityFiles.map(({ path }) => path))],
    [
      'IdentityAgent',
      agent === null ? 'none' : 'socket' in agent ? tildePath(agent.socket) : `$${agent.variable}`,
    ],
    ['StrictHostKeyChecking', trust.strict],
    ['UserKnownHostsFile', listed(trust.userFiles)],
    ['ServerAliveInterval', args.interval ?? String(keepalive.intervalMs / 1_000)],
    ['ServerAliveCountMax', String(keepalive.countMax)],
    [
      'ConnectTimeout',
      request.connectTimeoutMs === 86_400_000 ? 'none' : String(request.connectTimeoutMs / 1_000),
    ],
    ['ExitOnForwardFailure', request.exitOnForwardFailure ? 'yes' : 'no'],
  ];
  const names = new Set(always.map(([keyword]) => keyword));
  const byName = new Map(options.map((option) => [option.keyword, option]));
  const row = (keyword: string, value: string): Row => [
    keyword,
    value,
    keyword === 'ServerAliveInterval' && args.interval !== undefined
      ? typed
      : (fromText(byName.get(keyword)?.from ?? undefined) ?? unset),
  ];
  const set = options.filter(({ keyword, from, values }) => from && values.length > 0 && !names.has(keyword));
  return [
    ...always.map(([keyword, value]) => row(keyword, value)),
    ...set.flatMap(({ keyword, values }) => [
      row(keyword, shownValue(keyword, values, request)),
      ...hopRows(keyword, request),
    ]),
  ];
}

function shownValue(keyword: string, values: readonly string[], { route }: Request): string {
  // With its tokens filled in.
  if (keyword === 'ProxyCommand' && route.type === 'command') return route.command;
  return listed(values);
}

function hopRows(keyword: string, { route }: Request): readonly Row[] {
  if (keyword !== 'ProxyJump' || route.type !== 'jump') return [];
  return route.hops.map((hop): Row => ['', `${hop.host}: ${whereText(hop)}`, '']);
}

/** Options that ssh does not have. */
function ownRows(request: Request, args: TunnelOptions): readonly Row[] {
  const { holdMs, maxAttempts, giveUpAfterMs } = request;
  const from = (value: unknown) => (value === undefined ? unset : typed);
  return [
    ['--hold', holdMs === 0 ? '0' : length(holdMs), from(args.holdMs)],
    ...(maxAttempts === null
      ? []
      : [['--max-attempts', String(maxAttempts), from(args.maxAttempts)] as const]),
    ...(giveUpAfterMs === null
      ? []
      : [['--give-up-after', length(giveUpAfterMs), from(args.giveUpAfterMs)] as const]),
  ];
}

function listed(values: readonly string[]): string {
  const [first = 'none', ...more] = values.map(tildePath);
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

function fromText(where: { readonly file: string; readonly line: number } | undefined): string | null {
  if (where === undefined) return null;
  return where.line === 0 ? typed : `${tildePath(where.file)}:${where.line}`;
}

/** A row that is too long goes on in the next line, with where its value comes from at its end. */
function table(rows: readonly Row[]): string {
  const named = Math.max(...rows.map(([name]) => name.length));
  const label = named === 0 ? 0 : named + 2;
  const value = Math.max(...rows.map(([, text]) => (text.length > widest ? 0 : text.length))) + 2;
  return rows
    .map(([name, text, from]) => {
      const [shown, origin] = [escapeControls(text), escapeControls(from)];
      const line =
        `${name.padEnd(label)}${shown.padEnd(value - 2)}${origin === '' ? '' : `  ${origin}`}`.trimEnd();
      if (line.length <= width) return `${line}\n`;
      const place = origin.padStart(Math.min(width, label + value + origin.length));
      return `${wrapText(name.padEnd(label), shown)}${origin === '' ? '' : `\n${place}`}\n`;
    })
    .join('');
}
