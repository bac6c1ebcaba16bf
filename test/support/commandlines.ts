/**
 * Command lines as they stand in manuals, questions, blog posts and unit files, and what `holdfast run` makes of them.
 * The first word is the program they were written for. In `means`: the host, forwards, options, flags, notes.
 */
export interface Written {
  readonly argv: readonly string[];
  readonly means: string;
}

const line = (text: string, means: string): Written => ({ argv: words(text), means });

/** Words of a shell line, as far as these need it: blanks, 'single' and "double" quotes. */
function words(text: string): readonly string[] {
  return [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}

export const understoodLines: readonly Written[] = [
  // ssh(1) and its examples.
  line('ssh -N -L 5432:localhost:5432 db', 'db -L 5432:localhost:5432'),
  line('ssh -f -N -L 6667:localhost:6667 user@server', 'user@server -L 6667:localhost:6667 background'),
  line('ssh -L 8080:intranet.example:80 -N -T gw.example', 'gw.example -L 8080:intranet.example:80'),
  line('ssh -D 1080 -q -C -N me@proxy.example', 'me@proxy.example -D 1080 quiet note'),
  line('ssh -nNT -R 9000:localhost:3000 me@vps.example', 'me@vps.example -R 9000:localhost:3000'),
  line('ssh -fNL8080:a:80 h', 'h -L 8080:a:80 background'),
  line('ssh -fNTML 8080:a:80 h', 'h -L 8080:a:80 background note'),
  line('ssh -p2222 -oServerAliveInterval=30 -N -D1080 h', 'h -D 1080 Port=2222 ServerAliveInterval=30'),
  line('ssh h -N -L 1:a:2 -p 2200', 'h -L 1:a:2 Port=2200'),
  line('ssh -p 22 h -p 23 -o Port=24 -N -D 1', 'h -D 1 Port=22'),
  line('ssh -o Port=24 -p 22 -N -D 1 h', 'h -D 1 Port=24'),
  line('ssh -l alice bob@h -N -D 1', 'bob@h -D 1 User=alice'),
  line('ssh bob@h -l alice -o User=carol -N -D 1', 'bob@h -D 1'),
  line('ssh ssh://bob@h:2200 -p 22 -N -D 1', 'ssh://bob@h:2200 -D 1'),
  line('ssh ssh://[2001:db8::1]:2200 -l al -N -D 1', 'ssh://[2001:db8::1]:2200 -D 1 User=al'),
  line('ssh -4 -6 -N -D 1 h', 'h -D 1 AddressFamily=inet6'),
  line('ssh -4 -o AddressFamily=inet6 -N -D 1 h', 'h -D 1 AddressFamily=inet'),
  line('ssh -o AddressFamily=inet6 -4 -N -D 1 h', 'h -D 1 AddressFamily=inet'),
  line('ssh -b 192.0.2.1 -b 192.0.2.2 -N -D 1 h', 'h -D 1 BindAddress=192.0.2.2'),
  line('ssh -g -N -L 8080:localhost:80 h', 'h -L 8080:localhost:80 GatewayPorts=yes'),
  line('ssh -i ~/.ssh/id_a -i "/my keys/b" -N -D 1 h', 'h -D 1 IdentityFile=~/.ssh/id_a,"/my keys/b"'),
  line('ssh -vvv -F /etc/tunnel.conf -N -D 1 h', 'h -D 1 config=/etc/tunnel.conf verbose=3'),
  line('ssh -v -q -N -D 1 h', 'h -D 1 quiet'),
  line('ssh -q -v -N -D 1 h', 'h -D 1 verbose=1'),
  line('ssh -E /var/log/t.log -N -D 1 h', 'h -D 1 log=/var/log/t.log'),
  line('ssh -AXNYT -a -x -k -e none -D 1 h', 'h -D 1 note note note'),
  line('ssh -S none -M -N -D 1 h', 'h -D 1 note'),
  line('ssh -M -S /tmp/ctl -fnNT -L 1:a:1 jump', 'jump -L 1:a:1 background note note'),
  line(
    'ssh -NT -o "ServerAliveInterval 60" -o ExitOnForwardFailure=yes -R 2222:localhost:22 r@relay',
    'r@relay -R 2222:localhost:22 ServerAliveInterval=60 ExitOnForwardFailure=yes',
  ),
  line(
    'ssh -L /run/db.sock:/run/postgresql/.s.PGSQL.5432 -N h',
    'h -L /run/db.sock:/run/postgresql/.s.PGSQL.5432',
  ),
  line('ssh -L [::1]:8080:[2001:db8::7]:80 -R 1080 -N h', 'h -L [::1]:8080:[2001:db8::7]:80 -R 1080'),
  line(
    'ssh -N -o LocalForward="8080 a:80" -o LocalForward="8081 b:80" h',
    'h LocalForward=8080 a:80,8081 b:80',
  ),
  line('ssh -N -D 1 -- h', 'h -D 1'),
  line('ssh -N h --', 'h'),
  line('ssh db', 'db'),
  line(
    'ssh -2 -c aes128-ctr -m hmac-sha2-256 -I /usr/lib/p11.so -K -y -N -D 1 h',
    'h -D 1 note note note note note',
  ),
  line('ssh -P work -N -D 1 h', 'h -D 1 Tag=work'),
  // autossh(1), its README, Arch wiki, everythingcli, systemd units, docker images.
  line('autossh -M 0 -N -L 5432:localhost:5432 db', 'db -L 5432:localhost:5432 note'),
  line('autossh -M 20000 -f -N -L 8080:a:80 h', 'h -L 8080:a:80 background note'),
  line('autossh -M 20000:7 -N -R 6666:localhost:22 u@relay', 'u@relay -R 6666:localhost:22 note'),
  line('autossh -M0 -fNT -R 1:localhost:1 h', 'h -R 1:localhost:1 background note'),
  line('autossh -fNM 20000 -D 1080 h', 'h -D 1080 background note'),
  line(
    'autossh -f -M 0 -o "ServerAliveInterval 30" -o "ServerAliveCountMax 3" -NL 5000:localhost:3306 u@h.example',
    'u@h.example -L 5000:localhost:3306 ServerAliveInterval=30 ServerAliveCountMax=3 background note',
  ),
  line(
    "autossh -M 5122 -N -R 1234:localhost:22 -o 'PubkeyAuthentication=yes' -o 'PasswordAuthentication=no' user@host",
    'user@host -R 1234:localhost:22 PubkeyAuthentication=yes PasswordAuthentication=no note',
  ),
  line(
    'autossh -M 0 -q -N -o ServerAliveInterval=60 -o ServerAliveCountMax=3 -p 22 -l autossh remote -L 7474:127.0.0.1:7474 -i /home/a/.ssh/id_rsa',
    'remote -L 7474:127.0.0.1:7474 ServerAliveInterval=60 ServerAliveCountMax=3 Port=22 User=autossh IdentityFile=/home/a/.ssh/id_rsa quiet note',
  ),
  line(
    'autossh -M 0 -NTv -o StrictHostKeyChecking=no -o ExitOnForwardFailure=yes -R *:80:web:8080 u@h',
    'u@h -R *:80:web:8080 StrictHostKeyChecking=no ExitOnForwardFailure=yes verbose=1 note',
  ),
  line('autossh -2 -fN -M 20000 -D 1080 user@h', 'user@h -D 1080 background note'),
  // The entry point of the container for autossh that is pulled most, and what else runs in containers.
  line(
    'autossh -M 0 -N -o StrictHostKeyChecking=no -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o "ExitOnForwardFailure=yes" -t -t -R 0.0.0.0:11111:172.17.0.1:22 -p 22 u@remote',
    'u@remote -R 0.0.0.0:11111:172.17.0.1:22 StrictHostKeyChecking=no ServerAliveInterval=10 ServerAliveCountMax=3 ExitOnForwardFailure=yes Port=22 note note',
  ),
  line(
    '/usr/bin/autossh -M 0 -oServerAliveInterval=180 -oUserKnownHostsFile=/dev/null -oGlobalKnownHostsFile=/dev/null -i/root/.ssh/id_rsa -T -N -g -v -L *:8080:localhost:80 u@h',
    'u@h -L *:8080:localhost:80 ServerAliveInterval=180 UserKnownHostsFile=/dev/null GlobalKnownHostsFile=/dev/null IdentityFile=/root/.ssh/id_rsa GatewayPorts=yes verbose=1 note',
  ),
  line(
    'autossh -M 0 -p 10010 -i /id_rsa -o "StrictHostKeyChecking no" -o "ConnectTimeout=3" -CNR 3392:192.0.2.109:3389 admin@pbx.example',
    'admin@pbx.example -R 3392:192.0.2.109:3389 Port=10010 IdentityFile=/id_rsa StrictHostKeyChecking=no ConnectTimeout=3 note note',
  ),
  line(
    "autossh -M 0 -o 'UserKnownHostsFile=/dev/null' -p 2222 -NR '*:9022:localhost:22' t@h.example",
    't@h.example -R *:9022:localhost:22 UserKnownHostsFile=/dev/null Port=2222 note',
  ),
  // How-tos, unit files and questions.
  line(
    'autossh -M 10900 -fN -o "PubkeyAuthentication=yes" -o "StrictHostKeyChecking=false" -R 192.0.2.1:10022:localhost:22 relay@192.0.2.1',
    'relay@192.0.2.1 -R 192.0.2.1:10022:localhost:22 PubkeyAuthentication=yes StrictHostKeyChecking=false background note',
  ),
  line(
    '/usr/bin/autossh -M 0 -o "ServerAliveInterval 30" -o "ExitOnForwardFailure=yes" -N -R 2222:localhost:22 v@d.example',
    'v@d.example -R 2222:localhost:22 ServerAliveInterval=30 ExitOnForwardFailure=yes note',
  ),
  line(
    'autossh -M 0 -N -o "ServerAliveInterval 300" -o "ServerAliveCountMax 999999" -f -T -p 9022 -R 9099:localhost:1880 pi@h.example',
    'pi@h.example -R 9099:localhost:1880 ServerAliveInterval=300 ServerAliveCountMax=999999 Port=9022 background note',
  ),
  line(
    'autossh -M 0 -gNC -f -L 9000:localhost:8000 me@localhost',
    'me@localhost -L 9000:localhost:8000 GatewayPorts=yes background note note',
  ),
  line('autossh -M 0 -f -N mongo-vm', 'mongo-vm background note'),
  line('ssh -nNT -R 19999:localhost:22 k@192.0.2.4 -p22', 'k@192.0.2.4 -R 19999:localhost:22 Port=22'),
  line(
    'ssh -t -t -R 36591:localhost:22 -i /var/lib/x/id_rsa -l reverse 192.0.2.9 -p 22',
    '192.0.2.9 -R 36591:localhost:22 IdentityFile=/var/lib/x/id_rsa User=reverse Port=22 note',
  ),
  line(
    'ssh -tt -R gate.example:80:localhost:9000 serveo.example',
    'serveo.example -R gate.example:80:localhost:9000 note',
  ),
  line(
    'ssh -p 443 -o StrictHostKeyChecking=no -o ServerAliveInterval=30 -R0:localhost:8000 b:admin:word+free@a.example',
    'b:admin:word+free@a.example -R 0:localhost:8000 Port=443 StrictHostKeyChecking=no ServerAliveInterval=30',
  ),
  line(
    'ssh -N -M -S /tmp/t.sock -o ExitOnForwardFailure=yes -o ConnectTimeout=10 -L 3306:localhost:3306 db',
    'db -L 3306:localhost:3306 ExitOnForwardFailure=yes ConnectTimeout=10 note note',
  ),
  line('ssh -fTNaxky -S none -L 1:a:1 h', 'h -L 1:a:1 background note'),
  line(
    'ssh -o RequestTTY=force -o ControlMaster=no -o ControlPath=none -D 1 h',
    'h -D 1 RequestTTY=force ControlMaster=no ControlPath=none',
  ),
  // Ours.
  line(
    'holdfast --hold 0 --json -N -L 0:db:5432 h --max-attempts=3 --give-up-after 10m',
    'h -L 0:db:5432 hold=0 attempts=3 give-up=600000 json',
  ),
  line(
    'holdfast -f --pid-file /run/t.pid --log-file /var/log/t --on-up "notify up" --on-down=down -D 1 h',
    'h -D 1 on-up=notify up on-down=down background pid=/run/t.pid log=/var/log/t',
  ),
  line('ssh -W [a]:1 h', 'h -W [a]:1'),
  line('holdfast -W a:1 --json --print h', 'h -W a:1 json print'),
  line('holdfast h --print -D 1 --hold 1m30s', 'h -D 1 hold=90000 print'),
];

/** Lines that are refused, and words of the reason. */
export const refusedLines: readonly Written[] = [
  line('ssh -N -L 5432:localhost:5432', 'no host'),
  line('ssh', 'no host'),
  line('ssh -L 1:a:1 h uptime -a', '"uptime -a": holdfast run forwards; it runs no command'),
  line('ssh -D 1 h -- -N', '"-N": holdfast run forwards'),
  line('ssh -- h uptime', '"uptime": holdfast run forwards'),
  line(
    'autossh -M 0 h -L 1:a:1 -t "screen -raAd"',
    '"screen -raAd": holdfast run forwards; it runs no command',
  ),
  line('ssh -S /tmp/t.sock -O exit db', '-O: there is no master connection to control'),
  line('ssh -t h top', '"top": holdfast run forwards'),
  line('ssh -z h', 'unknown option -z; see holdfast run --help'),
  line('ssh -fNz h', 'unknown option -z in -fNz; see holdfast run --help'),
  line('ssh -N -h', 'unknown option -h'),
  line('ssh h -p', '-p wants a value'),
  line('ssh -p 0 -D 1 h', '-p "0": want a port from 1 to 65535'),
  line('ssh -p -N h', '-p "-N": want a port'),
  line('ssh -o ServerAliveInterval h', '-o "ServerAliveInterval": want keyword=value'),
  line('ssh -o = h', '-o "=": want keyword=value'),
  line('ssh -W a:1 -f h', '-W with -f: '),
  line('holdfast -W a:1 --json h', '-W with --json: stdout is what is forwarded'),
  line('ssh -w 0:0 h', '-w: '),
  line('ssh -O check h', '-O: '),
  line('ssh -s h', '-s: '),
  line('ssh -G h', '--print'),
  line('ssh -Q cipher', '-Q: '),
  line('ssh -V', 'holdfast --version'),
  line('autossh -V', 'holdfast --version'),
  line('ssh -B eth0 -D 1 h', '-B: '),
  line('ssh -1 h', '-1: '),
  line('holdfast --hold 5x -D 1 h', '--hold "5x": want a time such as 30'),
  line(
    'holdfast --give-up-after 0 -D 1 h',
    '--give-up-after "0": want a time such as 30, 30s, 2m or 1h30m, above 0',
  ),
  line('holdfast --max-attempts 0 -D 1 h', '--max-attempts "0": want a number, 1 or more'),
  line('holdfast --max-attempts', '--max-attempts wants a value: --max-attempts N'),
  line('holdfast --json=yes -D 1 h', '--json takes no value'),
  line('holdfast --frobnicate h', 'unknown option --frobnicate'),
  line('holdfast --constructor h', 'unknown option --constructor'),
];
