// A writer of files as a process of its own, to be killed, raced and run as somebody else. One JSON object for each line
// of stdin, one for each answer. argv: the folder with the compiled sources.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [folder = ''] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(`${folder}/${file}`).href);
const { readStamped, replaceFiles } = await load('io/replace.js');
const { takeLock } = await load('io/replace/lock.js');
const { ownProcess } = await load('io/machine.js');

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const deskOf = (stateFolder) => ({ stateFolder, process: ownProcess, pause: (ms) => sleep(ms) });

/** Content that shows whether it is whole; every second one is longer than one write of a pipe would be. */
const numbered = (number) =>
  `# ${number}\n${`Host h${number}\n`.repeat(number % 2 === 0 ? 3 : 4_000)}# end ${number}\n`;

const tasks = {
  async write({ file, text, state }) {
    const { stamp } = readStamped(file);
    const [written] = await replaceFiles([{ stamp, bytes: text }], { command: 'write' }, deskOf(state));
    return { manner: written?.writeMode ?? null };
  },
  async append({ file, text, state }) {
    const { stamp, bytes } = readStamped(file);
    await replaceFiles([{ stamp, bytes: bytes + text }], { command: 'append' }, deskOf(state));
    return {};
  },
  async loop({ file, from, state }) {
    for (let number = from; ; number += 1) {
      const { stamp } = readStamped(file);
      await replaceFiles([{ stamp, bytes: numbered(number) }], { command: `loop ${number}` }, deskOf(state));
      say({ wrote: number });
    }
  },
  async lock({ folder: lock, log, name }) {
    const give = await takeLock(lock, 'it', { process: ownProcess, pause: (ms) => sleep(ms) });
    appendFileSync(log, `in ${name}\n`);
    await sleep(2);
    appendFileSync(log, `out ${name}\n`);
    give();
    return {};
  },
};

say({ ready: true });
for await (const line of createInterface(process.stdin)) {
  const task = JSON.parse(line);
  try {
    say({ ok: true, ...(await tasks[task.do](task)) });
  } catch (error) {
    say({ ok: false, reason: error.reason ?? 'bug', message: error.message });
  }
}
