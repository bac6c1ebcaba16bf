// A tunnel in a process that has no file descriptor left for a while. Run by descriptors.test.ts, with the built project's
// folder and openTunnel's options as arguments; says over IPC what happened to it.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [built, options] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.join(built, file)).href);
const { openTunnel } = await load('index.js');
const { runHook } = await load('io/hooks.js');
const { dialTarget } = await load('io/socket.js');
const { watchAddresses } = await load('io/interfaces.js');
const { holderOf } = await load('io/kernel.js');
const { listen } = await load('io/listen.js');

const tell = (news) => process.send?.(news);
process.on('uncaughtException', ({ stack }) => {
  tell({ uncaught: stack });
});

const tunnel = openTunnel({ ...JSON.parse(options), onNotice: (notice) => tell({ notice }) });
tunnel.ready.catch(() => {});
tunnel.done.then((outcome) => tell({ outcome }));

/** In one turn: the descriptors that are taken meanwhile are none of the tunnel's. */
async function starve(id) {
  const taken = [];
  for (;;) {
    try {
      taken.push(fs.openSync('/dev/null'));
    } catch {
      break;
    }
  }
  const said = {};
  const { signal } = new AbortController();
  const tried = async (name, what) => {
    try {
      said[name] = String(await what());
    } catch (error) {
      said[name] = error.code ?? error.message;
    }
  };
  let look = () => {};
  await tried(
    'watch',
    () =>
      watchAddresses(
        (every) => (look = every),
        () => {},
      ) && look(),
  );
  await Promise.all([
    tried('hook', () => new Promise((resolve) => runHook('true', process.env, resolve))),
    tried('target', () => dialTarget({ host: '127.0.0.1', port: 1 }, signal)),
    tried('named target', () => dialTarget({ host: 'localhost', port: 1 }, signal)),
    tried('target at a path', () => dialTarget({ path: '/nonexistent' }, signal)),
    tried('holder', () => holderOf(1)),
    tried('listener', () => listen({ type: 'tcp', host: '127.0.0.1', port: 0, family: 0 }, () => {})),
  ]);
  tell({ id, starved: said });
  process.once('message', ({ id }) => {
    for (const fd of taken) fs.closeSync(fd);
    tell({ id, fed: true });
  });
}

process.on('message', ({ ask, id }) => {
  if (ask === 'port') tell({ id, port: tunnel.snapshot().forwards[0]?.port ?? 0 });
  if (ask === 'starve') void starve(id);
  if (ask === 'state') tell({ id, state: tunnel.state });
});
process.on('disconnect', () => process.exit());
