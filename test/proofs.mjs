// What the tests must prove, and which test proves it: a file, and words of its test's full name
// ("suite > test"). `npm run check` fails when a claim has no test or a named test is not there.
// A name may be a part of the full one, so a table of tests is named by its suite.
const live = (file, ...names) => names.map((name) => ({ file: `test/live/${file}`, name }));
const judge = (file, ...names) => names.map((name) => ({ file: `test/judge/${file}`, name }));
const core = (file, ...names) => names.map((name) => ({ file: `test/core/${file}`, name }));
const io = (file, ...names) => names.map((name) => ({ file: `test/io/${file}`, name }));
const cli = (file, ...names) => names.map((name) => ({ file: `test/cli/${file}`, name }));
const edit = (...names) => names.map((name) => ({ file: 'test/cli/configedit.test.ts', name }));

export const proofs = [
  {
    claim: 'the machine: every cell of its table',
    tests: core(
      'machine.test.ts',
      'from the start to up',
      'what ends a tunnel',
      'liveness',
      'successors are rationed',
      'reconnecting',
      'questions',
      'clients',
      'remote forwards',
      'stopping',
    ),
  },
  {
    claim: 'the machine: random lives keep its promises',
    tests: core('lives.test.ts', 'every promise holds in thousands of random lives'),
  },
  {
    claim: 'the machine: always comes back in a kind world',
    tests: core('lives.test.ts', 'every promise holds in thousands of random lives'),
  },
  {
    claim: 'mutant caught: no guard of link numbers',
    tests: core('mutants.test.ts', 'the number guard is dropped'),
  },
  {
    claim: 'mutant caught: the successor forgotten when the old link speaks',
    tests: core('mutants.test.ts', 'the successor is forgotten when'),
  },
  {
    claim: 'mutant caught: jitter before the cap',
    tests: core('mutants.test.ts', 'jitter comes before the cap'),
  },
  {
    claim: 'mutant caught: a late timer counted as a missed beat',
    tests: core('mutants.test.ts', 'a late timer counts as a missed beat'),
  },
  {
    claim: 'fault: a black hole for good',
    tests: live('blackhole.test.ts', 'for good: --give-up-after', 'for good: --max-attempts'),
  },
  { claim: 'fault: a black hole of 3 s', tests: live('blackhole.test.ts', 'heals after 3 s') },
  { claim: 'fault: a black hole of 15 s', tests: live('blackhole.test.ts', 'heals after 15 s') },
  { claim: 'fault: a black hole of 40 s', tests: live('blackhole.test.ts', 'heals after 40 s') },
  { claim: 'fault: RST', tests: live('faults.test.ts', 'a reset') },
  { claim: 'fault: FIN', tests: live('faults.test.ts', 'a FIN: ') },
  {
    claim: 'fault: sshd frozen',
    tests: live('faults.test.ts', 'sshd is frozen for a while', 'sshd is frozen for longer'),
  },
  {
    claim: 'fault: sshd killed and restarted',
    tests: live('faults.test.ts', 'sshd is killed, and started again'),
  },
  {
    claim: 'fault: server power-off and power-on',
    tests: live('faults.test.ts', 'loses its power for a short time', 'loses its power for longer'),
  },
  {
    claim: 'fault: NAT entry dropped silently',
    tests: live('faults.test.ts', 'a NAT entry dropped silently: ', 'a NAT entry dropped silently, defaults'),
  },
  { claim: 'fault: NAT entry answering RST', tests: live('faults.test.ts', 'packets answered with RST') },
  { claim: 'fault: client link down and up', tests: live('faults.test.ts', 'link goes down and up') },
  { claim: 'fault: client address changed', tests: live('faults.test.ts', 'the client has another address') },
  {
    claim: 'each fault: clients during it, every 5 s, after it; kind, exit code, logins, idle pipes',
    tests: [...live('blackhole.test.ts', 'a black hole > '), ...live('faults.test.ts', 'faults > ')],
  },
  {
    claim: 'a forward to a name whose DNS is silent: others are served, few extra logins',
    tests: live('lookup.test.ts', 'costs the other clients little'),
  },
  {
    claim: 'bytes: 200 MB through -L, -R and -D both ways at once, 20 rekeys',
    tests: live('bytes.test.ts', '200 MB'),
  },
  {
    claim: 'bytes: the same without the native binding',
    tests: live('bytes.test.ts', 'the same with ciphers in JavaScript'),
  },
  { claim: 'bytes: 500 clients in parallel', tests: live('bytes.test.ts', '500 clients at once') },
  {
    claim: 'bytes: a stalled reader beside a fast one',
    tests: live('bytes.test.ts', 'a client that does not read, and one that is not read, hold up nobody'),
  },
  {
    claim: 'bytes: half-close each way',
    tests: io(
      'pipe.test.ts',
      'who has finished speaking still hears the whole answer',
      'who has heard all can go on speaking',
    ),
  },
  { claim: 'bad input: wrong forward syntax', tests: live('refusals.test.ts', 'a forward that is none') },
  { claim: 'bad input: port in use', tests: live('refusals.test.ts', 'a port in use names who has it') },
  {
    claim: 'bad input: unknown host',
    tests: live('refusals.test.ts', 'an unknown host', 'a name that nobody has'),
  },
  {
    claim: 'bad input: changed host key',
    tests: live('refusals.test.ts', 'a changed host key names both fingerprints'),
  },
  {
    claim: 'bad input: refused login',
    tests: live('refusals.test.ts', 'a login that is refused is not tried again'),
  },
  { claim: 'bad input: an sshd that is not one', tests: live('refusals.test.ts', 'something else answers') },
  { claim: 'bad input: a server that never answers', tests: live('refusals.test.ts', 'it never answers') },
  {
    claim: 'bad input: a missing key file is a warning',
    tests: live('refusals.test.ts', 'a missing key file is a warning'),
  },
  {
    claim: 'the rooms: who may import whom',
    tests: core('rooms.test.ts', 'the sources > keep to their rooms'),
  },
  {
    claim: 'the rooms: the checker catches breaches',
    tests: core('rooms.test.ts', 'the checker catches > '),
  },
  {
    claim: 'the resolver: ssh -G says the same of every fixture, refusals included',
    tests: judge(
      'fixtures.test.ts',
      'ssh -G and we say the same',
      'ssh -G and we refuse, for the same lines',
    ),
  },
  {
    claim: 'the resolver: ssh -G of 8.4, 9.2 and 10.0 says the same of thousands of generated configurations',
    tests: judge(
      'sshconfig.test.ts',
      'ssh -G of OpenSSH 9.2',
      'ssh -G of OpenSSH 8.4',
      'ssh -G of OpenSSH 10.0',
    ),
  },
  {
    claim:
      'config why: a shadowing Host *, across an Include and the second reading: who wins, who loses, why',
    tests: [
      ...core(
        'sshconfig/why.test.ts',
        'a shadowing Host * > names the winner and each loser, in both readings',
        'a shadowing Host * > is itself shadowed by an included file',
        'a shadowing Host * > leaves to the second reading what it does not say',
        'reasons > ',
      ),
      { file: 'test/cli/sessions.test.ts', name: "the sessions of 'docs/config.md' > are real" },
    ],
  },
  {
    claim:
      'config lint: each code found where it is and not where it is not, mended by its edit, in the docs',
    tests: core(
      'sshconfig/lint.test.ts',
      'is found where it is',
      'is not found where it is not',
      'is mended by its edit',
      'has its line in the docs',
      'the docs list no other code',
    ),
  },
  {
    claim: 'ssh_config: lines and joined lines are the same bytes, whatever the bytes',
    tests: core('sshconfig/lines.test.ts', 'byte for byte, whatever the bytes', 'in pieces that stand where'),
  },
  {
    claim: 'ssh_config: a table for each rule: words, values, numbers, addresses, tokens, who wins, refusals',
    tests: [
      ...core('sshconfig/lines.test.ts', 'keyword and value > ', 'words > '),
      ...core('sshconfig/values.test.ts', 'convtime > ', 'numbers > ', 'addresses > ', 'tokens > '),
      ...core('sshconfig/resolve.test.ts', 'who wins > ', 'refusals > '),
    ],
  },
  {
    claim: 'ssh_config: a megabyte of anything ends soon, resolved and linted, for ssh and for sshd',
    tests: core('sshconfig/limits.test.ts', 'ends soon', 'is linted soon', 'for a server ends soon'),
  },
  {
    claim: 'run: two jumps and a ProxyCommand carry 100 MB each way; a frozen middle hop heals, and is named',
    tests: live(
      'jump.test.ts',
      'two jumps carry 100 MB each way',
      'a ProxyCommand carries 100 MB each way',
      'inner frozen is named, and what it carried goes on when it thaws',
      'a middle hop that stays frozen is named when the link is given up, and a new way is found after',
    ),
  },
  {
    claim: '--target: every command answers as that release does; changes are checked for it',
    tests: [
      { file: 'test/cli/config.test.ts', name: '--target' },
      ...io('editconfig.test.ts', 'checks names and values for the release that reads'),
      ...core('sshconfig/narrow.test.ts', 'that ssh of 8.4 reads', 'that ssh of 10.0 reads'),
    ],
  },
  {
    claim: 'run reads as the newest release, and what that refuses as the installed ssh',
    tests: io('read.test.ts', 'the release that reads'),
  },
  {
    claim: 'a SIGUSR1 during the start leaves no debugger open',
    tests: cli('debugger.test.ts', 'SIGUSR1 opens no debugger'),
  },
  { claim: 'holdfast/config loads no ssh2', tests: core('rooms.test.ts', 'holdfast/config loads no ssh2') },
  { claim: "the lab's faults, seen by ssh itself", tests: live('netlab.test.ts', 'the lab > ') },
  {
    claim: "the wire's faults, seen by plain sockets",
    tests: io('wire.test.ts', 'passes a RST of the server on'),
  },
  {
    claim:
      'run -W: 20 MB each way as the ProxyCommand of ssh; a refused target, a lost connection and a clean end differ',
    tests: live(
      'stdio.test.ts',
      'is a ProxyCommand of the system’s ssh',
      'a target that refuses is the end',
      'a lost connection is a loss',
      'passes the end of its input on',
    ),
  },
  {
    claim: 'run reads the configuration itself: what is written counts, and a mistake is named with its line',
    tests: [
      ...core(
        'understand.test.ts',
        'what is set to ssh’s own default is set',
        'is said of a file, too, with the line',
        'list what is set and not honoured, once, with its line',
      ),
      ...io('read.test.ts', 'refuses what ssh refuses, with file, line and what was meant'),
    ],
  },
  {
    claim: 'writing: killed at any moment, the file is the old one or the new one, whole',
    tests: io('replace.test.ts', 'the file is the old one or the new one, whole, and nothing stays behind'),
  },
  {
    claim: 'writing: a full disk, a read-only folder, a read-only file system',
    tests: io(
      'replace.test.ts',
      'that is full, a file is as it was (rename)',
      'that is full, a file is as it was (in place)',
      'that is full where the history is, nothing is written',
      'in a folder that may not be written is written in place',
      'that is read-only, the reason is said',
    ),
  },
  {
    claim: 'writing: of two writers at once, no change is lost silently; a stale lock goes to one',
    tests: io(
      'replace.test.ts',
      'no change is lost silently: both are in the file, or one was refused',
      'a lock whose taker is gone goes to one at a time',
      'a writer that is late by several others gives way',
    ),
  },
  {
    claim: 'writing: links, read-only targets, hard links, modes, owners, bytes, missing files',
    tests: io(
      'replace.test.ts',
      'links > stay, and what they lead to is replaced',
      'that dangle get their file where they lead',
      'to a read-only file are refused with both names and the reason',
      'a file with two names > is written in place',
      'keeps its mode 0600',
      'keeps its mode 0644',
      'mode 0664, which ssh refuses, and what to do is said',
      'keeps its owner when root writes it',
      'holds exactly the bytes that were given',
      'may be in the folder of an Include',
      'an empty one is replaced as any other',
      'is made with mode 0600, and its folder with 0700',
    ),
  },
  {
    claim:
      'edits: they take effect and change nothing else, judged by ssh -G of 9.2, 8.4 and 10.0; at most 5 % refused',
    tests: judge('editing.test.ts', 'does what was asked and nothing else'),
  },
  {
    claim: 'edits: right in all of 32 tasks, where the obvious edit often is not',
    tests: judge(
      'edittasks.test.ts',
      'takes effect and changes nothing else',
      'is right where the obvious edit often is not',
    ),
  },
  {
    claim: 'edits: where a line goes, and how it looks there',
    tests: core(
      'sshconfig/edit.test.ts',
      'a value in place',
      'a new line',
      'a new block',
      'the default of all',
      'files that are included',
      'blocks of other programs',
      'what cannot be proved',
    ),
  },
  {
    claim:
      'edits: a default for all looks as a careful person would have written it, and is not written twice',
    tests: core(
      'sshconfig/edit.test.ts',
      'is a Host * of its own at the end',
      'is one more line of the Host * at the end',
      'stays when it is 0m30s already',
    ),
  },
  {
    claim: 'edits: hosts are added, removed, renamed and copied',
    tests: core('sshconfig/edithosts.test.ts', 'a new host', 'a host that goes', 'a new name', 'a copy'),
  },
  {
    claim: 'edits: values are quoted and checked; ClientAlive* is told where it belongs',
    tests: [
      ...core('sshconfig/edit.test.ts', 'comes out as it went in'),
      ...io('editconfig.test.ts', 'in words', 'gives the new text, the diff, and who is different now'),
    ],
  },
  {
    claim:
      'editing commands: each does what it says; a dry run shows just that and writes nothing; undo takes it back',
    tests: edit(
      'each command does what it says, and a dry run shows it and writes nothing',
      'drop takes one of several',
    ),
  },
  {
    claim:
      'editing commands: nothing to do is exit 0 and said; refused is exit 2 with the reason and what to do',
    tests: edit(
      'nothing to do is said',
      'refused with the reason and what to do',
      'a refusal has its reason',
    ),
  },
  {
    claim: 'editing commands: --json has the names of the library',
    tests: edit('an edit has the names of the library'),
  },
  {
    claim:
      'editing commands: CRLF, no last line feed, no UTF-8, Include, link, missing, read-only, writable by others',
    tests: edit('files of every kind'),
  },
  {
    claim: "config keepalive: '*' is what a careful person would have written, and not written twice",
    tests: edit('for all writes what a careful person would have written'),
  },
  {
    claim:
      'config keepalive: before and after in words, who keeps a value, whom --force-all overrides, the count',
    tests: edit(
      'without a host is for all, and lists the hosts that keep their own',
      'with --force-all goes on top, and says whom it overrides',
      'sets the count only where another one is in force',
      'turned off, with TCP keepalive off as well',
    ),
  },
  {
    claim: 'config keepalive: warns when the interval does not outlive a named box; profiles with their sums',
    tests: edit('says whether the interval outlives it', 'lists its profiles with their sums'),
  },
  {
    claim: 'editing commands: Match exec is not run, and proved for both answers; --exec runs it',
    tests: edit('are not run: what is set holds for both answers', 'are run with --exec'),
  },
  {
    claim: 'editing commands: the installed ssh agrees before and after, or the old file returns',
    tests: edit(
      'the installed ssh agrees before and after',
      'a file that ssh sees in another way is given back',
    ),
  },
  {
    claim: 'editConfig: pure on text, atomic on files; all files of an edit are one entry of the history',
    tests: [
      ...io('editconfig.test.ts', 'gives the new text, the diff, and who is different now'),
      ...io(
        'configwrite.test.ts',
        'writes all files of an edit under one entry',
        'as a dry run gives the same and writes nothing',
        'is refused when the file changed between',
      ),
    ],
  },
  {
    claim: 'edits: the pages show what the commands say; the example gives a list of hosts a heartbeat',
    tests: [
      { file: 'test/cli/sessions.test.ts', name: "the sessions of 'docs/edit.md' > are real" },
      ...live('examples.test.ts', 'keepalive: gives a list of hosts a heartbeat'),
    ],
  },
  {
    claim: 'every command of config and sshd is shown in a page, with what it prints',
    tests: [
      { file: 'test/cli/sessions.test.ts', name: 'the sessions of ' },
      { file: 'test/cli/sessions.test.ts', name: 'is shown in a page, with what it prints' },
    ],
  },
  {
    claim: 'sshd edits: they take effect and change nothing else, judged by sshd -T; at most 5 % refused',
    tests: judge('sshdedit.test.ts', 'take effect and change nothing else, says sshd -T'),
  },
  {
    claim: "sshd edits: a file ending in Match, a folder of drop-ins, cloud-init's 50 file, no folder",
    tests: [
      ...live(
        'sshdreload.test.ts',
        'goes above a trailing Match of the main file',
        "comes before cloud-init's 50 file, in a drop-in of its own",
      ),
      ...core(
        'sshconfig/sshdedit.test.ts',
        'goes into 00-holdfast.conf where the main file includes its folder',
        'goes above the Include of a file that would win',
      ),
    ],
  },
  {
    claim: 'sshd edits: sshd -t refuses, and the old files stay or return byte for byte',
    tests: live(
      'sshdreload.test.ts',
      'that sshd -t refuses is not written',
      'that sshd -t refuses only where it stands is taken back, byte for byte',
    ),
  },
  {
    claim: 'sshd edits: after the reload sshd runs, greets and says the new values, or the old files return',
    tests: live(
      'sshdreload.test.ts',
      'is read by the running sshd after --reload, with a login to prove it',
      'that makes sshd die is taken back, and sshd runs again',
      'after which nobody can log in is taken back',
      'is refused before anything is written where no sshd runs',
    ),
  },
  {
    claim: 'sshd edits: the person says keep; says no; says nothing in time; loses the terminal first',
    tests: live(
      'sshdreload.test.ts',
      'stays when the person says keep',
      'goes when the person says no',
      'goes when nobody answers in time',
      'goes when holdfast itself is killed before the person says keep',
      'goes when the terminal is lost before the person says keep',
    ),
  },
  {
    claim: "sshd edits: ServerAlive* is refused with the command that does it; the server's arithmetic",
    tests: [
      { file: 'test/cli/sshdset.test.ts', name: 'refused, with exit 2 and one line' },
      ...core('sshconfig/sshdedit.test.ts', 'gives up after N x (M + 1)'),
      ...live('sshdreload.test.ts', 'gives up a client that fell silent in the time that is told'),
    ],
  },
  {
    claim: 'history: undo, restore, diff and list; refused when something else changed the file',
    tests: [
      ...io(
        'history.test.ts',
        'gives the bytes before the last edit',
        'is refused when something else changed the file, with what that did',
        'gives the file what it was before an edit, whatever came since',
        'can be read by its owner alone, and lies in the state folder',
      ),
      { file: 'test/cli/confighistory.test.ts', name: 'undo > takes the last edit back and says so' },
      {
        file: 'test/cli/confighistory.test.ts',
        name: 'undo > with --dry-run shows the diff and changes nothing',
      },
    ],
  },
  {
    claim:
      'sshd_config: the answers and the refusals of sshd -T, on generated trees; the linter refuses the same',
    tests: [
      ...judge('sshdconfig.test.ts', 'says the same on'),
      ...core(
        'sshconfig/sshd.test.ts',
        'how lines come together',
        'criteria of Match',
        'blocks and global lines',
      ),
    ],
  },
  {
    claim: 'sshd lint: each code found where it is and not where it is not; a dead line changes nothing',
    tests: core(
      'sshconfig/sshdlint.test.ts',
      'is found where it is',
      'is not found where it is not',
      'is mended by its edit',
      'without a dead line nothing changes, for any connection',
    ),
  },
  {
    claim:
      'tcp: the formulas hold within 1.5 s against a kernel, idle, in flight, user timeout, zero window, reset, ICMP',
    tests: live('tcptimes.test.ts', 'how long until the kernel gives up > '),
  },
  {
    claim:
      'tcp list: the armed timer and the unanswered count that ss shows; who dies, never notices, is stuck',
    tests: live(
      'tcptimes.test.ts',
      'tcp list shows the armed timer and the unanswered probes that ss shows',
      'tcp list says who dies, who never notices, and who is stuck',
    ),
  },
  {
    claim: 'tcp list: the time that is left, in flight, with a closed window and after a close, within 1.5 s',
    tests: live('tcpleft.test.ts', 'pauses of 1 s at most, tcp_retries2 10 > '),
  },
  {
    claim: 'tcp list: agrees with ss -tnoe on 1,000 sockets, read in under 100 ms; without root; without ss',
    tests: live(
      'tcplist.test.ts',
      'agrees with ss -tnoe on 1,000 sockets',
      'reads 1,000 rows in under 100 ms',
      'without root: all connections',
      'without ss',
    ),
  },
  {
    claim:
      'tcp set, --persist and undo restore the values and the folder to the byte; who may not is told the command',
    tests: live(
      'tcpset.test.ts',
      'undo restores the values to the byte',
      'undo restores the folder to the byte',
      'out of range is refused with the range',
      'without root: the exact command',
      'open connections keep their armed timer, and are named',
    ),
  },
  {
    claim: 'tcp snippet: compiled or run where the tools are, and the socket says that it has the values',
    tests: io('snippets.test.ts', 'snippets > '),
  },
  {
    claim: 'doctor: a config with faults gives exit 1 and the exact commands; typed, they make it exit 0',
    tests: [
      ...cli('doctor.test.ts', 'faults give exit 1 and the exact commands'),
      ...live('doctor.test.ts', 'the three commands make it exit 0', "a kernel's fault gives the command"),
    ],
  },
  {
    claim: 'doctor: facts to findings ranked to three changes; who notices a death, and when',
    tests: core('doctor/judge.test.ts', 'one finding each', 'three changes', 'if the server died now'),
  },
  {
    claim:
      'doctor: version by the banner without a login; not behind a jump; its own sshd_config; the way, NAT, distance',
    tests: [
      ...live(
        'doctor.test.ts',
        'its version by the banner',
        'behind ProxyJump',
        'the way: both ends',
        'how far it is',
      ),
      ...core('doctor/way.test.ts', 'banners', 'the first step', 'what one socket cannot tell apart'),
      ...cli('doctor.test.ts', 'this machine as a server'),
    ],
  },
  {
    claim:
      'doctor: --json; runs no command of a configuration; no network, no root, other systems: useful answers',
    tests: [
      ...cli('doctor.test.ts', '--json', 'what it never does', 'useful answers, and no stack trace'),
      ...live('doctor.test.ts', 'no network'),
    ],
  },
  {
    claim:
      'options of our own socket: set, read back from the kernel by us and by perl; off unless asked; what is lacking is said',
    tests: [
      ...io(
        'ownsocket.test.ts',
        'an own socket has what was asked, and nothing else',
        'the mark holds back what would wait unsent',
      ),
      ...live(
        'ownsocket.test.ts',
        'has what was asked, on each new connection; -v says so; a user timeout is warned of',
        'unasked it has the values of the system, and -v says which those are',
        'without koffi: what could not be set is a note',
        'behind a ProxyCommand it reaches no socket',
      ),
      ...core('keepalive/ownsocket.test.ts', 'what the kernel has > '),
    ],
  },
  {
    claim: 'relay: 1 GB there and back with its checksum; half-close both ways; as fast as nc',
    tests: [
      { file: 'test/cli/relay.test.ts', name: '1 GB there and back at once, with its checksum' },
      { file: 'test/cli/relay.test.ts', name: 'the end of stdin is FIN; the answer to it still comes' },
      { file: 'test/cli/relay.test.ts', name: 'the end of the peer closes stdout' },
      { file: 'test/pace/relay.test.ts', name: 'relay and nc > no slower' },
    ],
  },
  {
    claim:
      'relay: a black hole ends with ETIMEDOUT named in idle + interval x probes, with a user timeout above and below',
    tests: live(
      'relay.test.ts',
      'a black hole: idle + interval x probes',
      'a user timeout below that',
      'a user timeout above that',
      'a reset answers the first probe: not ETIMEDOUT',
      'ends in idle + interval x probes, with the name that ssh itself throws away',
    ),
  },
  {
    claim: "relay: the ProxyCommand of the system's ssh, 15:5:3 on its socket; it says what ended it",
    tests: [
      ...live(
        'relay.test.ts',
        'a command runs, its output and its code come back, and nothing is said',
        'its socket has 15:5:3, or what was asked',
        'says on USR1 how many probes nobody answered',
      ),
      { file: 'test/cli/relay.test.ts', name: 'relay says what ended it > ' },
    ],
  },
  {
    claim:
      'tcp: every claim of the literature has a command and a test; other systems are told what is not available',
    tests: [
      { file: 'test/cli/tcp.test.ts', name: 'the page lists 59 claims, each with a test that is there' },
      { file: 'test/cli/tcp.test.ts', name: 'the table of claims > ' },
      { file: 'test/cli/tcp.test.ts', name: 'without root: each command has an answer' },
      { file: 'test/cli/tcp.test.ts', name: 'on other systems > ' },
    ],
  },
  {
    claim:
      'completion: commands, options, hosts, keywords, values and files in bash, zsh and fish; nothing is run',
    tests: [
      { file: 'test/cli/completion.test.ts', name: 'in bash > ' },
      { file: 'test/cli/completion.test.ts', name: 'in zsh > ' },
      { file: 'test/cli/completion.test.ts', name: 'in fish > ' },
      {
        file: 'test/cli/completion.test.ts',
        name: 'means something to a shell is not offered, and nothing is run',
      },
    ],
  },
  {
    claim: 'completion: ten thousand hosts are offered at once; every option that is offered is understood',
    tests: [
      { file: 'test/cli/completion.test.ts', name: 'ten thousand hosts' },
      { file: 'test/cli/completion.test.ts', name: 'offers only options that it understands' },
    ],
  },
  {
    claim:
      'config lint --fix: a line that means something else than it says becomes the one that was meant, and ssh takes it',
    tests: judge('lintmeant.test.ts', 'writes the line that was meant', 'where nobody can know'),
  },
  {
    claim: 'config keepalive: a count that a line sets stays, and the promise is made with it',
    tests: edit('keeps the count of a line that stands, and promises what then holds'),
  },
  {
    claim:
      'config lint --fix: what changes nothing is mended, what changes the meaning is shown and needs a yes',
    tests: [
      {
        file: 'test/cli/configfix.test.ts',
        name: 'makes the edits that change nothing, says what the others would change',
      },
      { file: 'test/cli/configfix.test.ts', name: 'shows what would change, and asks about each' },
      { file: 'test/cli/configfix.test.ts', name: 'one entry in the history takes them back to the byte' },
      {
        file: 'test/cli/configfix.test.ts',
        name: 'without a yes ssh -G says the same of every host as before',
      },
      { file: 'test/cli/configfix.test.ts', name: 'never enters the lines of another program' },
      ...judge('lintfix.test.ts', 'changes what was shown and agreed to'),
    ],
  },
  {
    claim:
      'config managed: one Include at the top, offered and never forced; edits with --managed take effect, proved',
    tests: [
      { file: 'test/cli/configmanaged.test.ts', name: 'init makes the file and one Include at the top' },
      {
        file: 'test/cli/configmanaged.test.ts',
        name: 'of a read-only configuration init makes the file and says which line',
      },
      { file: 'test/cli/configmanaged.test.ts', name: 'a refusal of a read-only file names the way' },
      { file: 'test/cli/configmanaged.test.ts', name: 'go into the file of ours, leave the other one alone' },
      {
        file: 'test/cli/configmanaged.test.ts',
        name: 'a value that a line further up would beat is refused',
      },
      { file: 'test/cli/configmanaged.test.ts', name: 'ssh sees what an edit with --managed says' },
    ],
  },
  {
    claim:
      'probe: 13 s and 40 s are found in drop, reset and loose mode, to the resolution, within the announced logins',
    tests: [
      {
        file: 'test/live/probe.test.ts',
        name: 'finds time-outs of 13 and 40 s in drop, reset and loose mode, to its resolution',
      },
      { file: 'test/core/keepalive/probe.test.ts', name: 'finds any time-out in range to its resolution' },
      { file: 'test/core/keepalive/probe.test.ts', name: 'with any number of lost verdicts' },
    ],
  },
  {
    claim:
      'probe: an outage is no time-out, a server that speaks bounds it, a refused login is not repeated, Ctrl-C keeps what is known',
    tests: [
      { file: 'test/live/probe.test.ts', name: 'an outage is no time-out' },
      { file: 'test/live/probe.test.ts', name: 'a server that speaks by itself' },
      { file: 'test/live/probe.test.ts', name: 'a server that may not forward' },
      { file: 'test/live/probe.test.ts', name: 'through another server' },
      { file: 'test/live/probe.test.ts', name: 'a refused login is not repeated' },
      { file: 'test/live/probe.test.ts', name: 'Ctrl-C: what is known by then' },
    ],
  },
  {
    claim: 'probe: says what it costs and asks before it begins; without a terminal it wants --yes',
    tests: [
      { file: 'test/cli/probe.test.ts', name: 'what it costs, and a question' },
      { file: 'test/cli/probe.test.ts', name: 'without a terminal it wants --yes' },
      { file: 'test/cli/probe.test.ts', name: 'is what the page shows' },
    ],
  },
  {
    claim:
      'run --interval auto: 0.8 of what is safe, 5 s to 5 min, from probe and from what links survived or did not',
    tests: [
      { file: 'test/core/keepalive/learning.test.ts', name: 'is 0.8 of what is safe, from 5 s to 5 min' },
      { file: 'test/core/keepalive/learning.test.ts', name: 'is kept open in the end, from any beginning' },
      {
        file: 'test/live/autointerval.test.ts',
        name: 'two silences that a NAT of 8 s does not forgive, then none; and the next run begins with that',
      },
      { file: 'test/cli/arguments.test.ts', name: '--interval' },
    ],
  },
];
