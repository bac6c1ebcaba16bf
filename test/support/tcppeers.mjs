// TCP peers for the keepalive tests, all in one process. Arguments: address, then port:kind.
// `echo` sends back what it gets; `deaf` reads nothing, so that its window closes; `mute` accepts and says nothing.
import { createServer } from 'node:net';

const [address, ...peers] = process.argv.slice(2);

for (const peer of peers) {
  const [port, kind] = peer.split(':');
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: kind === 'deaf' }, (socket) => {
    socket.on('error', () => {});
    if (kind === 'echo') socket.pipe(socket);
    else if (kind === 'mute') socket.resume();
  });
  await new Promise((resolve) => server.listen(Number(port), address, resolve));
}
process.stdout.write('listening\n');
