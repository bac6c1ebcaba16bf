// Clients of a tunnel, all in one process, so that each costs nothing to start and its times are exact.
// One JSON object per line on stdin says what to do, one per line on stdout says what came of it; `at` is
// Date.now(). Run by visitors.ts, in the namespace of the tunnel's clients.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const pipes = new Map();

const tell = (news) => process.stdout.write(`${JSON.stringify({ ...news, at: Date.now() })}\n`);

/** How a connection ended: `eof` is a clean end of data, otherwise the system's code (ECONNRESET, ...). */
const watchEnd = (socket, onEnd) => {
  let how = 'eof';
  socket.on('error', (error) => {
    how = error.code ?? error.message;
  });
  socket.on('close', () => onEnd(how));
};

const commands = {
  /** One HTTP request of its own connection. */
  ask({ id, port, marker }) {
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8');
    let text = '';
    socket.on('connect', () => tell({ id, news: 'connected' }));
    socket.write(`GET /${marker} HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n`);
    socket.on('data', (chunk) => {
      if (text === '') tell({ id, news: 'first' });
      text += chunk;
    });
    watchEnd(socket, (how) => tell({ id, news: 'ended', how, text }));
  },
  /** A connection that stays open. */
  open({ id, port }) {
    const socket = connect(port, '127.0.0.1');
    pipes.set(id, socket);
    socket.setEncoding('utf8');
    socket.on('connect', () => tell({ id, news: 'connected' }));
    socket.on('data', (text) => tell({ id, news: 'heard', text }));
    watchEnd(socket, (how) => tell({ id, news: 'ended', how }));
  },
  say({ id, text }) {
    pipes.get(id)?.write(text);
  },
  close({ id }) {
    pipes.get(id)?.end();
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.type](command);
});
tell({ id: 0, news: 'ready' });
