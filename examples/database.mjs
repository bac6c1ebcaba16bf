// Talks to a database behind an ssh server. The tunnel lives as long as the work does.
//
//   node database.mjs me@gateway.example.org db.internal:5432
import net from 'node:net';
import { openTunnel } from 'holdfast';

const [host, target] = process.argv.slice(2);

const tunnel = openTunnel({
  host, // as for ssh: a Host of ~/.ssh/config, or user@name, or ssh://user@name:port
  forwards: [{ local: `127.0.0.1:0:${target}` }], // port 0: any free one
});

try {
  await tunnel.ready; // up, and the port is bound; rejects with a FailureError that says why not
  const { port } = tunnel.snapshot().forwards[0];
  console.log(`the database is at 127.0.0.1:${port}`);

  // Give this port to your database's client. Here a plain socket says the first words of PostgreSQL:
  // "do you speak TLS?", 8 bytes. A server answers S or N.
  const socket = net.connect(port, '127.0.0.1');
  socket.end(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  for await (const answer of socket) console.log(`it answers ${answer}`);
} finally {
  await tunnel.stop(); // open connections may end within 10 s; { now: true } ends them at once
}
// With Node 24 or TypeScript, `await using tunnel = openTunnel(...)` does without try and finally.
