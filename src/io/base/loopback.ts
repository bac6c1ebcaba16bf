/** Servers on 127.0.0.1, for `holdfast demo`. */
import type { Server } from 'node:net';

/** Begins to listen at the port, 0 for any; resolves with the port in force. Rejects with the system's error. */
export function listenOnLoopback(
  server: Pick<Server, 'once' | 'off' | 'listen' | 'address'>,
  port = 0,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : port);
    });
  });
}
