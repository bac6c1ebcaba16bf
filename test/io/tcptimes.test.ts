/** Where the kernel's values come from: files of a folder of our own, held against the values of this machine, which stay. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tcpTimes } from '../../src/inspect/tcptimes.js';
import { scratch } from '../support/guard.js';

const namespace = process.platform === 'linux' ? tcpTimes().namespace : null;

// In a network namespace of its own, as in some containers, the files do not apply.
describe.runIf(namespace !== null && namespace.isOfInit !== false)('where a value comes from', () => {
  const value = () => readFileSync('/proc/sys/net/ipv4/tcp_keepalive_time', 'utf8').trim();
  const originWith = (text: string) => {
    const { dir, remove } = scratch('tcptimes');
    const file = path.join(dir, '99-zz-last.conf');
    writeFileSync(file, text);
    const [time] = tcpTimes({ sysctlFolder: dir }).values;
    remove();
    return { file, origin: time?.origin };
  };

  it('the file and line that says so', () => {
    const { file, origin } = originWith(`# a comment\nnet.ipv4.tcp_keepalive_time = ${value()}\n`);
    expect(origin).toEqual({ from: 'file', file, line: 2 });
  });

  it('somebody since, with what the file says', () => {
    const other = String(Number(value()) + 1);
    const { file, origin } = originWith(`net/ipv4/tcp_keepalive_time=${other}\n`);
    expect(origin).toEqual({ from: 'changed', instead: { value: other, at: `${file}:1` } });
  });
});
