// The services behind the server of the lab: TCP echo and HTTP. Arguments: address, echo port, HTTP port,
// file that gets one line of JSON per request. Run by netlab.ts inside the server's namespace.
import { appendFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

const [address, echoPort, httpPort, file] = process.argv.slice(2);
const block = Buffer.alloc(65_536, 'holdfast');

const echo = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.pipe(socket);
});

const http = createHttpServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://service');
  appendFileSync(file, `${JSON.stringify({ marker: pathname.slice(1), at: Date.now() })}\n`);
  const [, kind, amount = '0'] = pathname.split('/');
  if (kind === 'bytes') {
    let left = Number(amount);
    response.writeHead(200, { 'content-length': left });
    const more = () => {
      while (left > 0) {
        const part = block.subarray(0, Math.min(left, block.length));
        left -= part.length;
        if (!response.write(part)) return response.once('drain', more);
      }
      return response.end();
    };
    more();
  } else if (kind === 'slow') {
    setTimeout(() => response.end(`${pathname.slice(1)}\n`), Number(amount));
  } else {
    response.end(`${pathname.slice(1)}\n`);
  }
});
http.keepAliveTimeout = 600_000;

echo.listen(Number(echoPort), address, () => {
  http.listen(Number(httpPort), address, () => process.stdout.write('listening\n'));
});
