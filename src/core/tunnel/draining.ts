/** Links that were replaced and still carry clients: how many may stay open, which of them ends first, and their names. */

import { failure } from '../failure.js';
import { release } from './heldclients.js';
import type { LinkId } from './ids.js';
import type { State } from './state.js';
import { atOnce, emit, never, notify, type Rule, running, type StepContext } from './stepcontext.js';

function drainingLinks(state: State): LinkId[] {
  return [...state.links].filter(([, linkState]) => linkState.type === 'draining').map(([link]) => link);
}

/** Pipes, and clients whose channel is requested. */
function clientsOn(context: StepContext, link: LinkId): number {
  const waiting = [...context.state.held.values()].filter((held) => held.link === link);
  return (context.moment.socketStats.get(link)?.pipes ?? 0) + waiting.length;
}

function counted(clients: number): string {
  return clients === 1 ? '1 client' : `${clients} clients`;
}

/** For `-v`: which older links are still open, and for whom. */
export function nameDraining(context: StepContext): void {
  const named = drainingLinks(context.state).flatMap((link) => {
    const clients = clientsOn(context, link);
    return clients === 0 ? [] : [`link ${link} for ${counted(clients)}`];
  });
  if (named.length === 0) return;
  notify(context, { type: 'detail', link: null, text: `still open: ${named.join(', ')}` });
}

/** Each stall that is over leaves a link that answers. The emptiest ends first, of equals the oldest, and never unsaid. */
const tooMany: Rule = {
  name: 'too many draining links',
  due: (state, policy) =>
    running(state) && drainingLinks(state).length > policy.drainingMax ? atOnce : never,
  act: (context) => {
    const { state, policy } = context;
    const emptiestFirst = drainingLinks(state)
      .map((link) => ({ link, clients: clientsOn(context, link) }))
      .sort((a, b) => a.clients - b.clients || a.link - b.link);
    for (const { link, clients } of emptiestFirst.slice(0, -policy.drainingMax)) {
      emit(context, { type: 'close', link, how: 'disconnect' });
      state.links.delete(link);
      release(context, link);
      const why = `no more than ${policy.drainingMax} older links stay open, and it had the fewest clients (${clients})`;
      notify(context, {
        type: 'drained',
        link,
        failure: clients === 0 ? null : failure('lost', why),
      });
    }
  },
};

export const drainingRules: readonly Rule[] = [tooMany];
