/** The faulty wire of the tests, proven on plain sockets. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { openWire, type Wire } from '../support/wire.js';

let wire: Wire;
let served: Socket[];
let close: () => void;
const dialled: Socket[] = [];

beforeEach(async () => {
  served = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  wire = await openWire((server.address() as AddressInfo).port);
  close = () => {
    wire.close();
    for (const socket of [...served, ...dialled.splice(0)]) socket.destroy();
    server.close();
  };
});
afterEach(() => close());

/** A client of the echo behind the wire, and what it saw. */
function dial() {
  const socket = connect({ port: wire.port, host: '127.0.0.1', allowHalfOpen: true });
  dialled.push(socket);
  const seen = { text: '', ended: false, code: '' };
  socket.setEncoding('utf8').on('data', (text: string) => {
    seen.text += text;
  });
  socket.on('end', () => {
    seen.ended = true;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    seen.code = error.code ?? error.message;
  });
  return { socket, seen };
}

async function open() {
  const client = dial();
  client.socket.write('hello');
  await until('the echo', () => client.seen.text === 'hello');
  return client;
}

it('carries both ways, and a FIN each way on its own', async () => {
  const { socket, seen } = await open();
  const [carried] = wire.connections;
  socket.end('bye');
  await until('the end', () => seen.ended);
  expect(seen.text).toBe('hellobye');
  expect(carried?.carried('toServer')).toBe(8);
  await until('the wire to forget it', () => wire.connections.length === 0);
});

it('holds, and hands on what it held when it passes again', async () => {
  const { socket, seen } = await open();
  wire.set({ kind: 'hold' }, 'toClient');
  socket.end('held');
  await until('the server to have answered', () => served[0]?.bytesWritten === 9);
  expect(seen).toMatchObject({ text: 'hello', ended: false });
  wire.set({ kind: 'pass' });
  await until('the end', () => seen.ended);
  expect(seen.text).toBe('helloheld');
});

it('drops one way only', async () => {
  const { socket, seen } = await open();
  wire.set({ kind: 'drop' }, 'toServer');
  socket.write('lost');
  served[0]?.write('heard');
  await until('the other way', () => seen.text === 'helloheard');
  wire.set({ kind: 'pass' });
  socket.write('again');
  await until('what came later', () => seen.text === 'helloheardagain');
  expect(served[0]?.bytesRead).toBe(10);
});

it('stalls: the sender cannot get rid of its bytes', async () => {
  const { socket, seen } = await open();
  wire.set({ kind: 'stall' });
  const big = 'x'.repeat(8_000_000);
  socket.write(big);
  await until('full buffers', () => socket.writableLength > 0 && socket.bytesWritten > 5);
  wire.set({ kind: 'pass' });
  await until('all of it', () => seen.text.length === 5 + big.length);
});

it('delays without changing the order, and limits the rate', async () => {
  const { socket, seen } = await open();
  wire.set({ kind: 'pass', delayMs: 100 }, 'toClient');
  const start = performance.now();
  for (const word of ['one', 'two', 'three']) socket.write(word);
  await until('the words', () => seen.text === 'helloonetwothree', { everyMs: 2 });
  expect(performance.now() - start).toBeGreaterThan(95);
  wire.set({ kind: 'pass', bytesPerSecond: 100_000 }, 'toClient');
  const slow = performance.now();
  socket.write('y'.repeat(50_000));
  await until('the bytes', () => seen.text.length === 16 + 50_000, { everyMs: 2 });
  expect(performance.now() - slow).toBeGreaterThan(400);
});

it('resets one or all, both ends', async () => {
  const [first, second] = [await open(), await open()];
  wire.connections[0]?.reset();
  await until('the RST', () => first.seen.code === 'ECONNRESET');
  await until('the RST at the server', () => served[0]?.destroyed);
  expect(second.seen.code).toBe('');
  wire.reset();
  await until('the RST', () => second.seen.code === 'ECONNRESET');
});

it('closes with a FIN', async () => {
  const { seen } = await open();
  wire.connections[0]?.close();
  await until('the FIN', () => seen.ended);
  expect(seen.code).toBe('');
});

it('passes a RST of the server on, unless the wire is silent', async () => {
  const [first, second] = [await open(), await open()];
  wire.connections[1]?.set({ kind: 'hold' });
  for (const socket of served) socket.resetAndDestroy();
  await until('the RST', () => first.seen.code === 'ECONNRESET');
  expect(second.seen).toMatchObject({ code: '', ended: false });
  wire.connections.at(-1)?.set({ kind: 'pass' });
  await until('the RST', () => second.seen.code === 'ECONNRESET');
});

it('refuses or mutes new connections while old ones go on', async () => {
  const old = await open();
  await wire.setDoor('refuse');
  const refused = dial();
  await until('the refusal', () => refused.seen.code === 'ECONNREFUSED');
  await wire.setDoor('mute');
  const muted = dial();
  muted.socket.write('hello');
  await until('it to be taken', () => wire.taken === 2);
  old.socket.write('!');
  await until('the echo', () => old.seen.text === 'hello!');
  expect(muted.seen).toMatchObject({ text: '', code: '' });
  expect(served.length).toBe(1);
  await wire.setDoor('open');
  await open();
});
