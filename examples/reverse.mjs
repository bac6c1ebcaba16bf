// Shows a web server of this machine on the ssh server: a webhook in development, a device behind a NAT.
//
//   node reverse.mjs me@gateway.example.org 8080
import { once } from 'node:events';
import { createServer } from 'node:http';
import { openTunnel } from 'holdfast';

const [host, remotePort] = process.argv.slice(2);

const web = createServer((_request, response) => response.end('hello from behind the NAT\n'));
web.listen(0, '127.0.0.1');
await once(web, 'listening');

const tunnel = openTunnel({
  host,
  // The server listens on its own loopback; other addresses need GatewayPorts in its sshd_config.
  forwards: [{ remote: `${remotePort}:127.0.0.1:${web.address().port}` }],
  onNotice: (notice) => {
    // A port of an earlier connection may be taken until the server notices that we are gone. The tunnel
    // asks for it again every second or two, without a new login.
    if (notice.type !== 'forward') return;
    const { status } = notice;
    if (status.type === 'bound') console.log(`the server listens on port ${status.port}`);
    if (status.type === 'refused') console.log(`refused: ${status.reason}; it is requested again`);
  },
});

process.once('SIGINT', () => tunnel.stop());
process.once('SIGTERM', () => tunnel.stop());

const outcome = await tunnel.done;
web.close();
if (!outcome.ok) {
  console.error(outcome.failure.message);
  process.exitCode = 1;
}
