/** One login of ours on loopback, through login.ts and connection.ts, with a person who answers by kind. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { FailureError } from '../../src/core/failure.js';
import type { Prompt } from '../../src/core/prompt.js';
import { algorithms } from '../../src/core/request/algorithmrequest.js';
import type { LoginRequest } from '../../src/core/request/request.js';
import { startLogin } from '../../src/dial/authenticate.js';
import { KeyMemory } from '../../src/dial/keymemory.js';
import { connect } from '../../src/io/ssh/connection.js';

export interface LoginScene {
  /** What is not said: user me, no files, no agent, IdentitiesOnly. */
  readonly login: Partial<LoginRequest>;
  /** Answers by kind of question. Null: no person can be prompted. */
  readonly answers?: Partial<Record<Prompt['type'], string>> | null;
  readonly env: Readonly<Record<string, string>>;
}

export interface LoginStory {
  /** `in`, or the failure's kind and message. */
  readonly outcome: string;
  readonly byPerson: boolean;
  readonly questions: readonly string[];
  readonly notes: readonly string[];
}

/** Logs in at 127.0.0.1 and leaves at once. Any host key will do. */
export async function logInAt(port: number, { login, answers = null, env }: LoginScene): Promise<LoginStory> {
  const stop = new AbortController();
  const questions: string[] = [];
  const notes: string[] = [];
  const request: LoginRequest = {
    user: 'me',
    identityFiles: [],
    identitiesOnly: true,
    agent: null,
    batchMode: false,
    showsBanner: true,
    passwordPrompts: 3,
    methods: ['publickey', 'keyboard-interactive', 'password'],
    keyAlgorithms: null,
    leastRsaBits: 1_024,
    ...login,
  };
  const one = startLogin({
    login: request,
    host: 'server',
    memory: new KeyMemory(),
    ask:
      answers === null
        ? null
        : async ({ type: kind, text }) => {
            questions.push(text);
            return answers[kind] ?? null;
          },
    env,
    onNote: (text) => notes.push(text),
    signal: stop.signal,
  });
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  const story = { questions, notes };
  try {
    const connection = await connect(
      {
        socket,
        user: request.user,
        algorithms: { kex: null, ciphers: null, macs: null, hostKeys: algorithms.hostKey.usual },
        keyAlgorithms: null,
        verify: async () => null,
        nextAttempt: (methods, partial) => one.next(methods, partial),
        whyDenied: () => one.summary(),
        onHostKeyAccepted: () => {},
        onDetail: () => {},
        keepalive: { ignored: () => false, onIgnored: () => {} },
        now: () => performance.now(),
      },
      stop.signal,
    );
    connection.reset();
    return { ...story, outcome: 'in', byPerson: one.byPerson() };
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { ...story, outcome: `${error.kind}: ${error.message}`, byPerson: one.byPerson() };
  } finally {
    stop.abort();
    socket.destroy();
  }
}
