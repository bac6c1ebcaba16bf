// A SOCKS proxy (4, 4a and 5): programs on this machine see the network as the ssh server does. Ends with Ctrl-C.
//
//   node socks.mjs me@gateway.example.org 1080
//   curl --proxy socks5h://127.0.0.1:1080 http://intranet/
import { openTunnel } from 'holdfast';

const [host, port] = process.argv.slice(2);

const tunnel = openTunnel({
  host,
  forwards: [{ dynamic: `127.0.0.1:${port}` }], // loopback alone: a proxy for everybody is rarely meant
  // Nothing is printed unless you do it. Notices are plain values; each has a `type`.
  onNotice: (notice) => {
    if (notice.type === 'up') console.log('up');
    if (notice.type === 'suspect') console.log('the connection is quiet; a second one is opened beside it');
    if (notice.type === 'down') console.log(`down: ${notice.failure.message}`);
  },
});

// A library leaves signals alone, so the program says what they mean.
process.once('SIGINT', () => tunnel.stop());
process.once('SIGTERM', () => tunnel.stop());

// Never rejects, and comes only when the tunnel has ended for good: stopped, or a failure that trying again cannot cure.
const outcome = await tunnel.done;
if (!outcome.ok) {
  console.error(outcome.failure.message);
  process.exitCode = 1;
}
