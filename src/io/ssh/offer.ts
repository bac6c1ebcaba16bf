import type { AnyAuthMethod } from 'ssh2';
import type { Attempt } from '../../core/login/loginattempt.js';
import { lockedKeyAgent, oneKeyAgent } from './agent.js';

/** An attempt in ssh2's words. One key at a time, so that the server's tries go where the login wants them. */
export function offerOf(user: string, attempt: Attempt): AnyAuthMethod {
  switch (attempt.type) {
    case 'none':
      return { type: 'none', username: user };
    case 'password':
      return { type: 'password', username: user, password: attempt.password };
    case 'publickey':
      return { type: 'publickey', username: user, key: attempt.keyText };
    case 'publickey-agent':
      return { type: 'agent', username: user, agent: oneKeyAgent(attempt.socket, Buffer.from(attempt.blob)) };
    case 'publickey-locked':
      return {
        type: 'agent',
        username: user,
        agent: lockedKeyAgent(Buffer.from(attempt.blob), attempt.unlock),
      };
    case 'keyboard-interactive':
      return {
        type: 'keyboard-interactive',
        username: user,
        prompt: (name, instructions, _language, prompts, finish) => {
          const questions = prompts.map(({ prompt, echo }) => ({ text: prompt, echo: echo ?? false }));
          attempt.answer(name, instructions, questions).then(
            (answers) => finish(answers ?? []),
            () => finish([]),
          );
        },
      };
  }
}
