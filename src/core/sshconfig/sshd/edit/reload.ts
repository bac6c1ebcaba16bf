/** How a running sshd is made to read its files again. */

/** A unit of systemd that runs sshd, or listens for it. */
export interface ServerUnit {
  /** `ssh.service` on Debian, `sshd.service` on Red Hat; `ssh.socket`, `sshd.socket`. */
  readonly name: string;
  readonly active: boolean;
  /** 0: it has no process. */
  readonly mainPid: number;
}

/** What the process in PidFile is, where it runs and is an sshd. */
export interface RunningServer {
  readonly pid: number;
  /** With which it was started, as its title tells; null: it cannot be seen. */
  readonly command: readonly string[] | null;
}

export interface ReloadFacts {
  readonly configFile: string;
  readonly pidFile: string;
  readonly running: RunningServer | null;
  /** None where there is no systemd. */
  readonly units: readonly ServerUnit[];
  /** Would sshd listen elsewhere than before? */
  readonly portsChange: boolean;
}

export type ReloadWay =
  | { readonly by: 'unit'; readonly unit: string; readonly pid: number }
  | { readonly by: 'signal'; readonly pid: number; readonly command: readonly string[] | null }
  /** systemd listens, and starts an sshd for each connection or at the first one: it reads the files then. */
  | { readonly by: 'nothing'; readonly unit: string }
  | { readonly by: 'none'; readonly message: string };

const usualFile = '/etc/ssh/sshd_config';

export function reloadWay({ configFile, pidFile, running, units, portsChange }: ReloadFacts): ReloadWay {
  const services = units.filter(({ name, active }) => active && name.endsWith('.service'));
  const socket = listeningUnit(units);
  if (socket !== undefined && portsChange) {
    const message = `${socket.name} holds the port: without --reload, then systemctl daemon-reload and systemctl restart ${socket.name}`;
    return { by: 'none', message };
  }
  if (running !== null) {
    const read = configOf(running.command);
    if (read !== null && read !== configFile) {
      return {
        by: 'none',
        message: `the sshd of ${pidFile} (pid ${running.pid}) reads ${read}, not ${configFile}`,
      };
    }
    const unit = services.find(({ mainPid }) => mainPid === running.pid);
    if (unit !== undefined) return { by: 'unit', unit: unit.name, pid: running.pid };
    return { by: 'signal', ...running };
  }
  const unit = services.find(({ mainPid }) => mainPid > 0);
  if (unit !== undefined && configFile === usualFile)
    return { by: 'unit', unit: unit.name, pid: unit.mainPid };
  if (socket !== undefined && configFile === usualFile) return { by: 'nothing', unit: socket.name };
  return { by: 'none', message: `no running sshd can be signalled: there is none in ${pidFile} (PidFile)` };
}

/** The unit by which systemd listens in sshd's place. */
export function listeningUnit(units: readonly ServerUnit[]): ServerUnit | undefined {
  return units.find(({ name, active }) => active && name.endsWith('.socket'));
}

/** The file after -f; null: the command is not known. */
function configOf(command: readonly string[] | null): string | null {
  if (command === null) return null;
  for (let at = 1; at < command.length; at += 1) {
    const word = command[at] ?? '';
    if (word === '-f') return command[at + 1] ?? usualFile;
    if (word.startsWith('-f')) return word.slice(2);
  }
  return usualFile;
}

/** `sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups`, as sshd calls itself. Null: it does not. */
export function commandOfTitle(title: string): readonly string[] | null {
  const found = /^sshd: (\S.*) \[listener\] \d+ of /.exec(title);
  return found?.[1]?.split(' ') ?? null;
}

/** `Name=value` lines of `systemctl show`, one paragraph for each unit. */
export function unitsOf(shown: string): readonly ServerUnit[] {
  return shown.split(/\n\s*\n/).flatMap((paragraph) => {
    const values = new Map(
      paragraph.split('\n').map((line) => {
        const equals = line.indexOf('=');
        return [line.slice(0, equals), line.slice(equals + 1)] as const;
      }),
    );
    const name = values.get('Id');
    if (name === undefined || name === '') return [];
    const mainPid = Number(values.get('MainPID') ?? 0);
    return [
      {
        name,
        active: values.get('ActiveState') === 'active',
        mainPid: Number.isInteger(mainPid) ? mainPid : 0,
      },
    ];
  });
}

/** Where to knock: `listenaddress` lines of `sshd -T`. For an address that means all of them the probe goes to loopback. */
export function addressesToProbe(
  lines: readonly string[],
): readonly { readonly host: string; readonly port: number }[] {
  return lines.flatMap((line) => {
    const found = /^(?:\[(.+)\]|([^:\s]+)):(\d+)/.exec(line);
    if (found === null) return [];
    const address = found[1] ?? found[2] ?? '';
    const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    return [{ host, port: Number(found[3]) }];
  });
}
