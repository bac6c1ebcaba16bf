/** Verb 3: looks at the network and says what is true. Loads no ssh2. */
export type { FirstStep, NatGuess } from './core/doctor/addresscheck.js';
export type { Banner, Flaw } from './core/doctor/banner.js';
export type { Death, Noticed, Noticer } from './core/doctor/death.js';
export type { DoctorFinding, FindingCode } from './core/doctor/doctorfinding.js';
export type {
  ConfigFacts,
  Contact,
  DoctorServerFacts as ServerFacts,
  HeartbeatFacts,
  HostFacts,
  KernelFacts,
  LintFact,
  OwnServer,
  PathFacts,
  Sourced,
} from './core/doctor/facts.js';
export type { RelayWay } from './core/doctor/relaycommand.js';
export type { Hops } from './core/doctor/routehops.js';
export type { Triage } from './core/doctor/triage.js';
export type { Failure, FailureKind, Outcome } from './core/failure.js';
export { exitCode, FailureError } from './core/failure.js';
export {
  type Connecting,
  type Keepalive,
  type Retransmission,
  type RetransmissionModel,
  retransmissionModel,
} from './core/keepalive/detection.js';
export type { IdleTimeoutCheck } from './core/keepalive/idletimeouts.js';
export type { KernelTimes, Outlook, OutlookKind } from './core/keepalive/outlook.js';
export type { PathKnowledge } from './core/keepalive/probe/pathmemory.js';
export type { Conflict } from './core/keepalive/setting.js';
export type { SnippetLanguage } from './core/keepalive/snippets.js';
export { snippetLanguages } from './core/keepalive/snippets.js';
export type { SocketKeepalive } from './core/keepalive/socketoptions.js';
export { type SocketState, type SocketTimer, socketStates } from './core/keepalive/sockets.js';
export type { Origin, SysctlLine } from './core/keepalive/sysctl.js';
export { runtimes, type SystemDefaults, systemName, systems } from './core/keepalive/systems.js';
export type { TcpInfo } from './core/keepalive/tcpinfo.js';
export type { Topic } from './core/keepalive/topics/topic.js';
export { topicOf, topics } from './core/keepalive/topics.js';
export { RefusedError, refusalSentences } from './core/sshconfig/explain/refused.js';
export { parseTime } from './core/times.js';
export {
  type ConnectionList,
  type ListConnectionsOptions,
  type ListedConnection as Connection,
  tcpConnections,
  watchTcpConnections,
} from './inspect/connectionlist.js';
export { type Consequences, consequencesOf, type SocketTimes, tcpSnippet } from './inspect/consequences.js';
export { type DoctorOptions, type DoctorReport, doctor } from './inspect/diagnose.js';
export { type HostTimes, tcpHostTimes } from './inspect/host.js';
export {
  type SetTcpOptions,
  type SetTcpResult,
  setTcpTimes,
  type TcpChange,
  type UndoTcpOptions,
  undoTcpTimes,
} from './inspect/settcp.js';
export {
  type TcpDetection,
  type TcpTimes,
  type TcpTimesOptions,
  type TcpValue,
  tcpTimes,
} from './inspect/tcptimes.js';
