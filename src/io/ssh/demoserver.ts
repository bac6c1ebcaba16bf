/** An ssh server inside the process, for `holdfast demo`: one key may log in, and one port may be reached. */
import net from 'node:net';
import ssh2, { type Connection, type PublicKeyAuthContext, type ServerChannel } from 'ssh2';
import { listenOnLoopback } from '../base/loopback.js';

export interface SshServer {
  readonly port: number;
  /** The server's key as in known_hosts: `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  /** The private key that may log in, in OpenSSH's format. */
  readonly userKey: string;
  /** How many logins it accepted. */
  logins(): number;
  close(): void;
}

/** A key pair. Of those that ssh2 makes one in some 300 cannot be read, not even by itself: it is made anew. */
export function freshKey(): { readonly private: string; readonly public: string } {
  const made = ssh2.utils.generateKeyPairSync('ed25519');
  return ssh2.utils.parseKey(made.private) instanceof Error ? freshKey() : made;
}

/**
 * Listens on loopback with keys made for this one time. Rejects with the system's error when it cannot listen.
 * @param reachable the only port on 127.0.0.1 to which it opens channels: other users of the machine can connect, too
 */
export async function startServer(reachable: number): Promise<SshServer> {
  const host = freshKey();
  const user = freshKey();
  const allowed = ssh2.utils.parseKey(user.public);
  if (allowed instanceof Error) throw allowed;
  const clients = new Set<Connection>();
  let logins = 0;

  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => {}); // a reset shows as 'close'
    client.on('authentication', (context) => {
      if (context.method === 'publickey' && proves(context, allowed)) context.accept();
      else context.reject(['publickey']);
    });
    client.on('ready', () => {
      logins += 1;
    });
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (destIP !== '127.0.0.1' || destPort !== reachable) return void reject();
      const socket = net.connect({ host: destIP, port: destPort, allowHalfOpen: true, noDelay: true });
      let channel: ServerChannel | null = null;
      socket.on('error', () => {
        if (!channel) reject(); // later it shows as 'close'
      });
      socket.on('connect', () => {
        channel = accept();
        join(socket, channel);
      });
    });
  });
  const port = await listenOnLoopback(server);
  server.on('error', () => {}); // a failed accept is one client's misfortune
  return {
    port,
    hostKey: host.public.split(' ').slice(0, 2).join(' '),
    userKey: user.private,
    logins: () => logins,
    close() {
      server.close();
      for (const client of clients) client.end();
    },
  };
}

/** The first round asks whether the key would do, the second brings the signature. */
function proves(context: PublicKeyAuthContext, allowed: ssh2.ParsedKey): boolean {
  if (!context.key.data.equals(allowed.getPublicSSH())) return false;
  if (!context.signature || !context.blob) return true;
  return allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function join(socket: net.Socket, channel: ServerChannel): void {
  channel.on('error', () => {});
  channel.on('close', () => socket.destroy());
  socket.on('close', () => channel.close());
  socket.pipe(channel).pipe(socket);
}
