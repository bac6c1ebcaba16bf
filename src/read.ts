import { FailureError, usageFailure } from './core/failure.js';
import { buildRequest, through } from './core/request/buildrequest.js';
import { type Destination, parseDestination } from './core/request/destination.js';
import { usersNamed } from './core/request/filepaths.js';
import { optionFault, optionLines } from './core/request/hostoptions.js';
import type { Request } from './core/request/request.js';
import { type Gone, loopFault } from './core/request/route.js';
import { type Sources, sourcesOf } from './core/request/sources.js';
import { shapeFault, type TunnelOptions } from './core/request/tunneloptions.js';
import { bytesOf, textOf } from './core/sshconfig/bytes.js';
import { RefusedError, refusalSentence, refusalStory } from './core/sshconfig/explain/refused.js';
import type { Refusal, ResolvedConfig } from './core/sshconfig/resolve/resolvedconfig.js';
import { homeOf } from './io/base/accounts.js';
import { machine, sha1, type UserEnvironment } from './io/machine.js';
import { FactCache, resolveToConnect } from './read/clientconfig.js';
import { lookUp } from './read/hostlookup.js';

/**
 * From options to the request: reads what the files say about the host, and about each hop on the way to it. As connecting
 * with ssh would, it runs the commands of `Match exec` and looks names up for CanonicalizeHostname. Rejects with a
 * FailureError of kind `usage` or `config`; with a RefusedError where ssh would refuse the files, too.
 */
export async function requestFor(
  options: TunnelOptions,
  surroundings: UserEnvironment,
  stop?: AbortSignal,
  as: 'tunnel' | 'hop' = 'tunnel',
): Promise<Request> {
  return (await readWithSources(options, surroundings, stop, as)).request;
}

/** The same, with the lines that say so. The lines of hops are not among them. */
export async function readWithSources(
  options: TunnelOptions,
  surroundings: UserEnvironment,
  stop?: AbortSignal,
  as: 'tunnel' | 'hop' = 'tunnel',
): Promise<{ readonly request: Request; readonly sources: Sources }> {
  const misshapen = shapeFault(options);
  if (misshapen !== null) throw new FailureError(misshapen);
  const destined = parseDestination(options.host);
  if (!destined.ok) throw new FailureError(destined.failure);
  const answers = new FactCache();
  const query = { options, surroundings, answers, stop, gone: [], as };
  const { request, answer } = await readServer(destined.destination, query);
  return { request, sources: sourcesOf(answer) };
}

interface ServerQuery {
  readonly options: TunnelOptions;
  readonly surroundings: UserEnvironment;
  /** Of files and commands: the same for all hops. */
  readonly answers: FactCache;
  /** Ends the commands that run. */
  readonly stop: AbortSignal | undefined;
  /** The servers that are reached through this one, the tunnel's own first, and this one; empty for the tunnel's own. */
  readonly gone: readonly Gone[];
  /** A `hop` forwards nothing itself, and its heartbeat is another's business. */
  readonly as: 'tunnel' | 'hop';
}

/**
 * One server and the way to it. As ssh does for ProxyJump (ssh.c), a hop is read with the same -F, the user and port
 * written for it and the hops before it, and with no other option of the command line.
 */
async function readServer(
  destination: Destination,
  query: ServerQuery,
): Promise<{ readonly request: Request; readonly answer: ResolvedConfig }> {
  const { options, surroundings, answers, stop, gone, as } = query;
  const answer = await answerAbout(destination, query);
  const here = machine();
  const understood = buildRequest(
    options,
    {
      answer,
      places: {
        home: surroundings.home,
        homes: new Map(usersNamed(answer).map((user) => [user, homeFound(user)])),
        directory: here.directory,
        env: surroundings.env,
      },
      user: surroundings.user,
      uid: here.uid,
      machine: here.name,
      sha1,
    },
    as,
  );
  if (!understood.ok) throw new FailureError(understood.failure);
  const { request, jump } = understood;
  if (jump === null) return { request, answer };
  const loop = loopFault(gone, jump);
  if (loop !== null) throw new FailureError(loop);
  const hop = await readServer(jump.last, {
    options: {
      host: jump.last.host,
      ...(jump.before === null ? {} : { options: { ProxyJump: jump.before } }),
      ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    },
    surroundings,
    answers,
    stop,
    gone: [
      ...(gone.length === 0 ? [{ ...destination, before: null }] : gone),
      { ...jump.last, before: jump.before },
    ],
    as: 'hop',
  });
  return { request: through(request, hop.request), answer };
}

async function answerAbout(
  destination: Destination,
  { options, surroundings, answers, stop }: ServerQuery,
): Promise<ResolvedConfig> {
  const given = options.options ?? {};
  const fault = optionFault(given);
  if (fault !== null) throw new FailureError(fault);
  const resolved = await resolveToConnect(
    {
      ...destination,
      // As with -N: some options make no sense with a session alone.
      options: ['SessionType none', ...optionLines(given)],
      configFile: options.configFile ?? null,
      exec: true,
      lookUp,
      ...(stop === undefined ? {} : { stop }),
    },
    surroundings,
    answers,
  );
  if (resolved.type === 'refused') throw refused(resolved.errors);
  return resolved.answer;
}

function homeFound(user: string): string | null {
  const home = homeOf(bytesOf(user));
  return home === null ? null : textOf(home);
}

/** What stands in options is a matter of usage, and names the option. */
function refused(errors: readonly Refusal[]): FailureError {
  const stories = errors.map(refusalStory);
  const [first] = stories;
  if (first?.file !== 'command line') return new RefusedError(stories);
  const said = refusalSentence({ ...first, file: null });
  return usageFailure(/^\w+: /.test(said) ? `option ${said}` : said);
}
