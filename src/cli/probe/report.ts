/** A measurement in words. */
import type { Direction, Mode, ProbeNews, ProbePlan, ProbeResult } from '../../inspect/probepath.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';

/** What it costs, before it begins. */
export function planText(host: string, plan: ProbePlan): string {
  const { minMs, maxMs, mostLogins, likelyLogins, mostMs } = plan;
  const usual = likelyLogins < mostLogins ? `, about ${likelyLogins} if nothing odd comes up` : '';
  return paragraphs(
    `${escapeControls(host)}: idle times from ${length(minMs)} to ${length(maxMs)}.`,
    `That takes at most ${mostLogins} logins${usual}, and up to ${length(mostMs)}. Each shows in the server's log.`,
  );
}

const speaker: Readonly<Record<Direction, string>> = {
  server: 'then the server speaks first',
  client: 'then this side speaks first',
};

/** A line about what goes on; null: nothing worth a line. */
export function newsText(news: ProbeNews, verbose: boolean): string | null {
  switch (news.type) {
    case 'connected':
      return 'connected; this connection is never idle and tells whether the path is up\n';
    case 'round': {
      const times = news.idleMs.map(exactly);
      const many = times.length === 1 ? '1 connection' : `${times.length} connections`;
      return paragraphs(
        `${many} idle for ${listed(times)}, ${speaker[news.direction]} (${news.logins} logins so far)`,
      );
    }
    case 'finding':
      return findingText(news);
    case 'lost':
      return paragraphs(`the path is down (${escapeControls(news.why)}); what is under way does not count`);
    case 'note':
      return paragraphs(`note: ${escapeControls(news.text)}`);
    case 'detail':
      return verbose ? paragraphs(escapeControls(news.text)) : null;
  }
}

function findingText({ idleMs, finding }: ProbeNews & { readonly type: 'finding' }): string {
  const at = exactly(idleMs).padStart(12);
  switch (finding.type) {
    case 'alive':
      return `${at}  alive\n`;
    case 'dead': {
      const how = { silence: 'no answer', reset: 'reset', closed: 'closed' }[finding.how];
      return `${at}  dead: ${how}\n`;
    }
    case 'spoke':
      return `${at}  the server spoke by itself after ${length(finding.afterMs)}\n`;
    case 'void':
      return `${wrapText(`${at}  `, `does not count: ${escapeControls(finding.why)}`)}\n`;
    case 'refused':
      return `${wrapText(`${at}  `, `the server does not speak first: ${escapeControls(finding.why)}`)}\n`;
  }
}

const meets: Readonly<Record<Mode, string>> = {
  drop: 'What comes later vanishes (drop): neither side learns of it, and both wait.',
  reset: 'What comes later is answered with a reset.',
  close: 'It is ended then (close), as by a proxy or by the server itself.',
  loose: '',
};

/** What it found, and what to do with it. */
export function resultText(result: ProbeResult, configFile: string | null): string {
  const { host, safeMs, deadMs, boundMs, logins, why, mode } = result;
  const name = escapeControls(host);
  const cost = logins === 1 ? '1 login.' : `${logins} logins.`;
  const unfinished = why === null ? [] : [`Not complete: ${escapeControls(why)}.`];
  if (safeMs === null && deadMs === null)
    return paragraphs(`${name}: nothing was found out.`, ...unfinished, cost);
  const bound =
    boundMs === null
      ? []
      : [
          `The server itself speaks after ${length(boundMs)} of silence (ClientAliveInterval, say): that keeps the path open, and longer times cannot be measured.`,
        ];
  return paragraphs(
    verdict(result),
    ...(mode === null ? [] : [mode === 'loose' ? loose(result) : meets[mode]]),
    ...bound,
    ...middleboxesText(result),
    ...unfinished,
    ...useText(result, configFile),
    cost,
  );
}

function verdict({ host, safeMs, deadMs, boundMs }: ProbeResult): string {
  const name = escapeControls(host);
  if (safeMs === null)
    return `${name}: a connection that is idle for ${exactly(deadMs ?? 0)} is lost, and less was not tried; want a smaller --min.`;
  if (deadMs !== null)
    return `${name}: a connection may be idle for ${exactly(safeMs)}; after ${exactly(deadMs)} it is lost.`;
  const limit = boundMs === null ? 'no limit was found up to there' : 'no limit was found below the bound';
  return `${name}: a connection may be idle for ${exactly(safeMs)}; ${limit}.`;
}

function loose({ directions }: ProbeResult): string {
  const lives = directions.client?.deadMs == null ? 'this side' : 'the server';
  const dies = lives === 'this side' ? 'the server' : 'this side';
  return `It dies when ${dies} speaks first, and goes on when ${lives} does (loose, as Linux's nf_conntrack_tcp_loose).`;
}

const mostMiddleboxes = 4;

function middleboxesText({ middleboxes }: ProbeResult): string[] {
  if (middleboxes.length === 0) return [];
  const named = middleboxes
    .slice(0, mostMiddleboxes)
    .map(({ name, idleMs }) => `${name} (${length(idleMs)})`);
  const more = middleboxes.length - named.length;
  return [
    `Known to forget then, as shipped: ${named.join('; ')}${more > 0 ? `; and ${more} more, which --json names` : ''}.`,
  ];
}

function useText({ host, intervalS, safeMs, deadMs }: ProbeResult, configFile: string | null): string[] {
  const file =
    configFile === null || configFile.toLowerCase() === 'none' ? '' : ` -F ${escapeControls(configFile)}`;
  if (intervalS === null) {
    return safeMs === null || deadMs === null
      ? []
      : [`That is too short for a heartbeat: want a path that lasts more than 5 s.`];
  }
  return [
    `Use an interval of ${intervalS} s (0.8 of what is safe, 5 s to 5 min), which\nholdfast run --interval auto now does by itself:\n  holdfast config keepalive ${escapeControls(host)} --interval ${intervalS}${file}`,
  ];
}

/** Two bounds may differ by less than a second. */
function exactly(ms: number): string {
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s` : length(ms);
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Each begins a line; lines after a line break within one stay as they are. */
function paragraphs(...texts: readonly string[]): string {
  return texts
    .map((text) => {
      const [first = '', ...rest] = text.split('\n');
      return `${[wrapText('', first), ...rest].join('\n')}\n`;
    })
    .join('');
}
