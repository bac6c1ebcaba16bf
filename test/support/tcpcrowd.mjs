// Many TCP connections within one process. Arguments: how many, over IPv4 and IPv6 in turn. Every second one asks for
// keepalive; every tenth has something unread. Says `up` when all are there.
import { connect, createServer } from 'node:net';

const count = Number(process.argv[2]);
const served = [];

const open = (host) =>
  new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true }, (socket) => served.push(socket));
    server.listen({ port: 0, host, backlog: 4096 }, () => resolve({ host, port: server.address().port }));
  });

const targets = [await open('127.0.0.1'), await open('::1')];
for (let index = 0; index < count; index += 1) {
  await new Promise((resolve, reject) => {
    const socket = connect(targets[index % 2], () => {
      if (index % 4 < 2) socket.setKeepAlive(true, 0);
      if (index % 10 === 0) socket.write('unread');
      resolve();
    });
    socket.once('error', reject);
  });
}
while (served.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
process.stdout.write('up\n');
