/** A link that was replaced and still carries a client is named with -v. */
import { afterEach, expect, it } from 'vitest';
import { openWire } from '../../src/io/lossywire.js';
import { type Notice, openTunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { startIgnoring } from '../support/ignoring.js';
import { Caller, echo } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it('with the number of clients that it carries', async () => {
  const sshd = await startIgnoring(false);
  const wire = await openWire(sshd.port);
  const service = await echo().listen();
  closing.push(sshd.close, wire.close, () => service.close());
  const notices: Notice[] = [];
  const options = { HostKeyAlias: `[127.0.0.1]:${sshd.port}` };
  const tunnel = openTunnel({
    ...tunnelTo({ ...sshd, port: wire.port }, [{ local: `0:127.0.0.1:${service.port}` }], { options }),
    onNotice: (notice) => notices.push(notice),
  });
  closing.push(() => tunnel.stop({ now: true }));
  await tunnel.ready;
  const callers = ['one', 'two'].map((text) => {
    const caller = new Caller(tunnel.snapshot().forwards[0]?.port ?? 0);
    closing.push(() => caller.socket.destroy());
    caller.socket.write(text);
    return { caller, text };
  });
  await until('both are carried', () => callers.every(({ caller, text }) => caller.text === text));
  wire.forget();
  tunnel.reconnect();
  await until('it is replaced', () => notices.some(({ type }) => type === 'replaced'), { withinMs: 20_000 });
  expect(notices).toContainEqual({ type: 'detail', link: null, text: 'still open: link 1 for 2 clients' });
}, 60_000);
