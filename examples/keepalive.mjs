// Gives hosts of an ssh configuration a heartbeat, and says what changed. Nothing is written where it cannot be proved that
// these hosts get it and every other host stays as it was.
//   node keepalive.mjs FILE HOST...        with --dry-run only the diff is shown
import { FailureError, setKeepalive } from 'holdfast/config';

const words = process.argv.slice(2);
const dryRun = words.includes('--dry-run');
const [path, ...hosts] = words.filter((word) => word !== '--dry-run');
if (path === undefined || hosts.length === 0) {
  console.error('usage: node keepalive.mjs FILE HOST... [--dry-run]');
  process.exit(2);
}

try {
  const { diff, changed, heartbeats, changedHosts } = await setKeepalive(
    { path },
    { hosts, interval: '30', count: 3 },
    { dryRun },
  );
  if (dryRun) process.stdout.write(diff);
  for (const { host, after } of heartbeats) {
    console.log(`${host}: a dead server is noticed after ${after.noticedAfterMs / 1_000} s`);
  }
  for (const { host, option, before, after } of changedHosts) {
    console.log(`${host}: ${option} ${before.join()} -> ${after.join()}`);
  }
  if (!changed) console.log('nothing to do');
  // undoEdits(1, { configFile: path }) takes all of it back, in every file that it changed.
} catch (error) {
  if (!(error instanceof FailureError)) throw error;
  console.error(error.message);
  process.exit(2);
}
