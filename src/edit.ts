/** Verb 2: what ssh's configuration means. Loads no ssh2. */

export type { Failure, FailureKind, Outcome } from './core/failure.js';
export { exitCode, FailureError } from './core/failure.js';
export type { Arithmetic } from './core/keepalive/arithmetic.js';
export type { IdleTimeoutCheck, IdleTimeoutVerdict } from './core/keepalive/idletimeouts.js';
export type { Endpoint, Forward, Request, Target } from './core/request/request.js';
export type { ForwardOption, OptionValue, TunnelOptions } from './core/request/tunneloptions.js';
export type { NamedHost } from './core/sshconfig/explain/hosts.js';
export {
  type RefusalStory,
  RefusedError,
  refusalSentences,
} from './core/sshconfig/explain/refused.js';
export type { LineStatus, ShownBlock, ShownLine } from './core/sshconfig/explain/show.js';
export type { UndecidedBlock } from './core/sshconfig/explain/undecided.js';
export type { BlockStory, LineStory, Where } from './core/sshconfig/explain/where.js';
export type { LossKind, LostLine, OptionStory } from './core/sshconfig/explain/why.js';
export { parseTime } from './core/times.js';
export type { Notice } from './core/tunnel/notice.js';
export {
  type ChangedHost,
  type ConfigChange,
  type ConfigPlan,
  type EditConfigOptions,
  type EditedConfig,
  EditRefusedError,
  type IdleChange,
  type KeptHost,
  type PlanOptions,
  planConfig,
} from './edit/configchange.js';
export { type ConfigOptions, isJudged } from './edit/confighost.js';
export {
  type EditedFile,
  editConfig,
  type NewLine,
  SshDisagreesError,
  type WriteConfigOptions,
  type WrittenConfig,
} from './edit/configwrite.js';
export {
  type ExplainOptions,
  explain,
  type HostAnswer,
  type HostBlocks,
  type HostExplanation,
  type LineWithoutEffect,
  resolve,
  showBlocks,
} from './edit/explain.js';
export { type FixedConfig, type FixOptions, type FixProposal, fixConfig } from './edit/fix.js';
export {
  ChangedSinceError,
  diffOfEdit,
  type FileChange,
  type FileHistory,
  type HistoryOptions,
  listEdits,
  type PastEdit,
  restoreEdit,
  type Undone,
  type UndoOptions,
  undoEdits,
} from './edit/history.js';
export {
  type HostList,
  type ListedHost,
  type ListedSettings,
  type ListOptions,
  listHosts,
} from './edit/hostlist.js';
export {
  initManaged,
  type ManagedOptions,
  type ManagedResult,
  type ManagedState,
  managedState,
  removeManaged,
} from './edit/managed.js';
export { type EditManagedOptions, editManaged } from './edit/managededit.js';
export {
  type ClientAlive,
  type PreparedSshd,
  planSshd,
  type SshdChange,
  type SshdChangeOptions,
  SshdEditRefusedError,
  type SshdOptionChange,
  type SshdPlan,
  sshdDropIn,
} from './edit/serverchange.js';
export {
  type SshdAnswer,
  type SshdOptions,
  type SshdWhyOptions,
  sshdEffective,
  sshdWhy,
} from './edit/serverexplain.js';
export { type StagedRun, testSshd, writeSshd } from './edit/serverwrite.js';
export {
  type Heartbeat,
  type HeartbeatChange,
  type KeepaliveChange,
  type KeepaliveWritten,
  keepaliveProfiles,
  type MiddleboxVerdict as Outlived,
  middleboxNames,
  setKeepalive,
} from './edit/setkeepalive.js';
export { readRequest } from './edit/tunnelrequest.js';
export { type Difference, type Verified, type VerifyOptions, verify } from './edit/verify.js';
export { type Ast, fromAst, toAst } from './io/ast.js';
export { type FileContent, type WriteRefusal, WriteRefusedError } from './io/replace.js';
export { type LintFinding, type LintOptions, lint } from './read/clientlint.js';
export { type SshdLintFinding, type SshdLintOptions, sshdLint } from './read/serverlint.js';
