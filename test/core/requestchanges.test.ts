/** Two readings of one request: what is different, in ssh's words and without secrets. */
import { describe, expect, it } from 'vitest';
import type { Hop, Request } from '../../src/core/request/request.js';
import { requestChanges } from '../../src/core/request/requestchanges.js';

const server: Hop = {
  host: 'gate',
  address: { hostName: '192.0.2.1', port: 22, family: 0, bindAddress: null },
  trust: {
    strict: 'ask',
    userFiles: ['/k'],
    globalFiles: [],
    hash: false,
    revoked: null,
    leastRsaBits: 1_024,
    name: '192.0.2.1',
  },
  login: {
    user: 'me',
    identityFiles: [{ path: '/id', named: true }],
    identitiesOnly: false,
    agent: { variable: 'SSH_AUTH_SOCK' },
    batchMode: false,
    showsBanner: true,
    passwordPrompts: 3,
    methods: ['publickey', 'password'],
    keyAlgorithms: null,
    leastRsaBits: 1_024,
  },
  algorithms: { kex: null, ciphers: null, macs: null, hostKeys: ['ssh-ed25519'], knownKeysFirst: true },
  tcpKeepAlive: true,
} as Hop;

const before: Request = {
  ...server,
  host: 'db',
  route: { type: 'direct' },
  forwards: [],
  keepalive: { intervalMs: 15_000, countMax: 3, tcp: true },
  socket: { keepalive: null, userTimeoutMs: null, notsentLowatBytes: null },
  connectTimeoutMs: 10_000,
  forkAfterAuthentication: false,
  exitOnForwardFailure: true,
  endOnRefusedRemote: false,
  unattended: false,
  permittedTargets: null,
  socketMask: 0o177,
  socketReplace: false,
  holdMs: 30_000,
  maxAttempts: null,
  giveUpAfterMs: null,
  notes: [],
} as Request;

const jump = (...hops: readonly Hop[]): Request => ({
  ...before,
  route: { type: 'jump', hops, command: null },
});
const through = (command: string): Request => ({ ...before, route: { type: 'command', command } });

describe('what changed', () => {
  it.each<[string, Request, Request, readonly string[]]>([
    ['nothing', before, { ...before, notes: ['other words'] }, []],
    [
      'the address, and with it the name of its keys',
      before,
      {
        ...before,
        address: { ...before.address, hostName: '192.0.2.2', port: 2222 },
        trust: { ...before.trust, name: '[192.0.2.2]:2222' },
      },
      ['HostName 192.0.2.1 -> 192.0.2.2', 'Port 22 -> 2222'],
    ],
    [
      'how local sockets are made',
      before,
      { ...before, socketReplace: true },
      ['StreamLocalBindUnlink no -> yes (at a restart)'],
    ],
    [
      'what is forbidden',
      before,
      {
        ...before,
        trust: { ...before.trust, revoked: { path: '/revoked', place: '/c:1' }, leastRsaBits: 3_072 },
        login: { ...before.login, methods: ['publickey'], leastRsaBits: 3_072 },
        algorithms: { ...before.algorithms, macs: ['hmac-sha2-256'] },
        permittedTargets: [{ host: 'db', port: null }],
      },
      [
        'RevokedHostKeys none -> /revoked',
        'RequiredRSASize 1024 -> 3072',
        'ways to log in publickey password -> publickey',
        'MACs default -> hmac-sha2-256',
        'PermitRemoteOpen any -> db:*',
      ],
    ],
    [
      'an alias of its keys',
      before,
      { ...before, trust: { ...before.trust, name: 'other' } },
      ['HostKeyAlias 192.0.2.1 -> other'],
    ],
    [
      'login, files and times',
      before,
      {
        ...before,
        login: { ...before.login, user: 'you', agent: null, identityFiles: [] },
        trust: { ...before.trust, userFiles: ['/k', '/l'], strict: 'yes' },
        keepalive: { intervalMs: 5_000, countMax: 2, tcp: false },
        connectTimeoutMs: 0,
      },
      [
        'StrictHostKeyChecking ask -> yes',
        'UserKnownHostsFile /k -> /k /l',
        'User me -> you',
        'IdentityFile /id -> none',
        'IdentityAgent $SSH_AUTH_SOCK -> none',
        'ServerAliveInterval 15 -> 5',
        'ServerAliveCountMax 3 -> 2',
        'TCPKeepAlive yes -> no',
        'ConnectTimeout 10 -> 0',
      ],
    ],
    ['a way through', before, jump(server), ['the way there: direct -> ProxyJump gate']],
    [
      'another hop',
      jump(server),
      jump({ ...server, host: 'gate2' }, server),
      ['the way there: ProxyJump gate -> ProxyJump gate2,gate'],
    ],
    [
      'the same hop elsewhere',
      jump(server),
      jump({ ...server, address: { ...server.address, port: 23 } }),
      ['gate: Port 22 -> 23'],
    ],
    [
      'a command without its secret',
      before,
      through('proxy --password x'),
      ['the way there: direct -> ProxyCommand proxy ...'],
    ],
    [
      'its secret',
      through('proxy --password x'),
      through('proxy --password y'),
      ['arguments of ProxyCommand proxy ...'],
    ],
    [
      'a value that no table knows',
      before,
      { ...before, login: { ...before.login, patience: 'long' } } as Request,
      ['login.patience unset -> long'],
    ],
  ])('%s', (_name, one, other, changes) => {
    expect(requestChanges(one, other).sort()).toEqual([...changes].sort());
  });
});
