// Asks one question on this terminal, as `holdfast run` does: asking.mjs QUESTION-AS-JSON FILE [LINE-MEANWHILE | withdraw]
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { screen } from '../../.cache/modules/cli/terminal/screen.js';

const [question, file, meanwhile] = process.argv.slice(2);
const shown = screen();
const controller = new AbortController();
const answer = shown.asker?.ask(JSON.parse(question), controller.signal);
// SIGUSR2 says when: after the question is open.
process.on('SIGUSR2', () => {
  if (meanwhile === 'withdraw') controller.abort();
  else shown.stderr(`${meanwhile}\n`);
});
writeFileSync(`${file}.pid`, String(process.pid));
const given = (await answer) ?? null;
// The terminal's settings while this process goes on; null without one.
const stty = spawnSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
const settings = stty.status === 0 ? stty.stdout : null;
writeFileSync(file, JSON.stringify({ by: shown.asker?.by ?? null, answer: given, settings }));
process.exit();
