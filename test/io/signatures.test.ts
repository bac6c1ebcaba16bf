/** PubkeyAcceptedAlgorithms holds whatever the server calls itself. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, expect, it } from 'vitest';
import { freshKey } from '../../src/io/ssh/demoserver.js';
import { openTunnel } from '../../src/open.js';
import { scratch } from '../support/guard.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it.each(['OpenSSH_9.6', 'OpenSSH_7.4'])('%s: an RSA key signs with what is allowed alone', async (ident) => {
  const { dir, remove } = scratch('signatures');
  const signed: string[] = [];
  const server = new ssh2.Server({ hostKeys: [freshKey().private], ident }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method !== 'publickey') return context.reject(['publickey']);
      signed.push(context.hashAlgo ?? context.key.algo);
      context.accept();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(remove, () => server.close());
  const { port } = server.address() as { port: number };
  const keyPath = path.join(dir, 'id');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  writeFileSync(keyPath, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  const tunnel = openTunnel({
    host: 'me@127.0.0.1',
    configFile: 'none',
    forwards: [{ local: '0:127.0.0.1:9' }],
    options: {
      Port: port,
      IdentityFile: keyPath,
      IdentityAgent: 'none',
      IdentitiesOnly: true,
      UserKnownHostsFile: path.join(dir, 'known_hosts'),
      StrictHostKeyChecking: 'accept-new',
      // The server offers it, beside rsa-sha2-256.
      PubkeyAcceptedAlgorithms: 'ssh-rsa',
    },
  });
  closing.push(() => tunnel.stop({ now: true }));
  await tunnel.ready;
  expect(signed).not.toEqual([]);
  expect([...new Set(signed)]).toEqual(['ssh-rsa']);
});
