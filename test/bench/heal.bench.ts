/**
 * `npm run bench:heal`: how long clients wait while a link is dead, through holdfast and through `ssh -N -L`.
 * Prints a Markdown table and writes nothing. Each run has its own lab of network namespaces and its own sshd.
 */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { it } from 'vitest';
import { Watched } from '../support/client.js';
import { type Netlab, net, openNetlab } from '../support/netlab.js';
import { program } from '../support/parts.js';
import { here } from '../support/place.js';
import { Running } from '../support/running.js';
import { ports } from '../support/story.js';
import { until } from '../support/until.js';
import { type Visit, Visitors } from '../support/visitors.js';

const runs = 3;
const tools = ['holdfast', 'ssh'] as const;
type Tool = (typeof tools)[number];

/** One figure of one run: ms until the first byte, or why there was none, and after how long. */
type Figure = { readonly ms: number; readonly nothing: string | null };

interface Situation {
  readonly what: string;
  readonly figure: (lab: Netlab, ask: () => Visit) => Promise<Figure>;
}

/** Longer than ServerAliveInterval 15 x (ServerAliveCountMax 3 + 1) and the hold time together. */
const patienceMs = 150_000;

async function over(visit: Visit): Promise<void> {
  await until('the end of a visit', () => visit.how !== null, { withinMs: patienceMs });
}

function since(startAt: number, visit: Visit): Figure {
  if (visit.firstAt !== null) return { ms: visit.firstAt - startAt, nothing: null };
  return { ms: (visit.endedAt ?? Number.NaN) - startAt, nothing: visit.how };
}

function afterHole(seconds: number): Situation['figure'] {
  return async (lab, ask) => {
    await lab.blackhole(true);
    const struckAt = Date.now();
    // Not a whole number of seconds after the clients came: attempts of ours start once a second since then.
    const healAfterMs = (seconds + Math.random()) * 1_000;
    for (let at = 5_000; at < seconds * 1_000; at += 5_000) {
      await sleep(struckAt + at - Date.now());
      ask();
    }
    await sleep(struckAt + healAfterMs - Date.now());
    await lab.blackhole(false);
    const healedAt = Date.now();
    const visit = ask();
    await over(visit);
    return since(healedAt, visit);
  };
}

const situations: readonly Situation[] = [
  {
    what: 'NAT entry dropped; a client comes 5 s into the silence',
    figure: async (lab, ask) => {
      await lab.forget('silent');
      await sleep(5_000);
      const visit = ask();
      await over(visit);
      return since(visit.askedAt, visit);
    },
  },
  {
    what: 'black hole of 15 to 16 s; a client comes as it heals, others came every 5 s',
    figure: afterHole(15),
  },
  {
    what: 'black hole of 40 to 41 s; a client comes as it heals, others came every 5 s',
    figure: afterHole(40),
  },
];

async function measure(tool: Tool, situation: Situation): Promise<Figure> {
  const lab = await openNetlab();
  try {
    const visitors = await Visitors.from(lab.client);
    const forward = ['-L', `${ports.http}:127.0.0.1:${net.httpPort}`];
    if (tool === 'holdfast') {
      await new Running(lab.client, lab.sshd.sshArgs(...forward)).tells('up');
    } else {
      const alive = ['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=3'];
      const ssh = new Watched(lab.client.spawn(...lab.ssh('-v', '-N', ...forward, ...alive)));
      await ssh.says('Entering interactive session');
    }
    let asked = 0;
    const ask = () => visitors.ask(ports.http, `page-${++asked}`);
    // A tunnel in use, then idle for as long as it takes to be quiet.
    await over(ask());
    await sleep(1_500);
    return await situation.figure(lab, ask);
  } finally {
    await lab.close();
  }
}

function cell(figures: readonly Figure[]): string {
  const sorted = figures.map(({ ms }) => ms / 1_000).sort((a, b) => a - b);
  const [min, median, max] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((i) => sorted[i]);
  const seconds = [min, median, max].map((one) => (one ?? Number.NaN).toFixed(2)).join(' / ');
  const ends = new Set(figures.map(({ nothing }) => nothing));
  if (ends.size > 1) return `${seconds} s (not all answered: ${[...ends].map((end) => end ?? 'answered')})`;
  const [end = null] = ends;
  return end === null ? `${seconds} s` : `no byte; ${end} after ${seconds} s`;
}

async function machine(): Promise<string[]> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { stderr } = await here.exec(program('ssh'), ['-V']);
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return [
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${memory}, ${type()} ${release().split('-')[0]}`,
    `- Versions: holdfast ${version}, Node ${process.version}, ${stderr.trim().split(',')[0]}`,
    `- Network: namespaces of this machine, so a round trip takes well under 1 ms; ${runs} runs of each, side by side`,
  ];
}

it('heal', async () => {
  const rows: string[] = [];
  const measured = await Promise.all(
    // The long ones of ssh first; six labs at once keep two cores far from busy.
    [...tools].reverse().map(async (tool) => {
      const found = new Map<string, Figure[]>();
      for (const situation of situations) {
        const figures = await Promise.all(Array.from({ length: runs }, () => measure(tool, situation)));
        found.set(situation.what, figures);
      }
      return { tool, found };
    }),
  );
  for (const { what } of situations) {
    const cells = tools.map((tool) => cell(measured.find((one) => one.tool === tool)?.found.get(what) ?? []));
    rows.push(`| ${[what, ...cells].join(' | ')} |`);
  }
  const lines = [
    '## Time to the first byte',
    '',
    ...(await machine()),
    '',
    'holdfast runs with its defaults, `ssh -N -L` with ServerAliveInterval 15 and ServerAliveCountMax 3.',
    'Each figure is minimum / median / maximum. In the first row it counts from the arrival of the client,',
    'in the others from the moment in which the path is whole again.',
    '',
    `| situation | holdfast run | ssh -N -L |`,
    '| --- | --- | --- |',
    ...rows,
    '',
    'Measured: every number in this table. Computed, not measured: with these settings ssh gives a silent',
    'server up after 15 s x (3 + 1) = 60 s at the latest, and then ends; its clients get nothing until somebody',
    'starts it again.',
  ];
  process.stdout.write(`\n${lines.join('\n')}\n`);
});
