// One tunnel in a process of its own. Run by carrying.ts: the built library's door and openTunnel's options as arguments,
// questions and news over IPC.
import { pathToFileURL } from 'node:url';

const [door, options] = process.argv.slice(2);
const { openTunnel } = await import(pathToFileURL(door).href);
const tell = (news) => process.send?.(news);

const tunnel = openTunnel({ ...JSON.parse(options), onNotice: (notice) => tell({ notice }) });
tunnel.done.then((outcome) => {
  tell({ outcome });
  process.disconnect();
});

process.on('message', ({ ask, id }) => {
  if (ask === 'stop') void tunnel.stop({ now: true });
  if (ask === 'snapshot') tell({ id, answer: tunnel.snapshot() });
  if (ask === 'usage') {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const handles = process.getActiveResourcesInfo().filter((name) => /Socket|Pipe|Server|TCP/.test(name));
    const { user, system } = process.cpuUsage();
    tell({ id, answer: { rss, heapUsed, handles, cpuMs: (user + system) / 1000 } });
  }
});
process.on('disconnect', () => process.exit());
