export { Broker, type BrokerOptions } from './broker.js';
export { parseCassette, printCassette } from './cassette-text.js';
export { defineConfig, type InterpositionConfig } from './config/define-config.js';
export type { Stale } from './core/age.js';
export type { BrokerStats } from './core/broker.js';
export type { BrokerObserver, Projection, SessionEntry } from './core/broker-options.js';
export { Cassette } from './core/cassette.js';
export type { CassetteStore } from './core/cassette-store.js';
export {
  BodyTooLargeError,
  type BrokerMode,
  CassetteLoadError,
  CassetteSaveError,
  InteractionNotFoundError,
  InteractionValidationError,
  InterpositionError,
  InvalidOptionError,
  LiveResponderRequiredError,
  RequestBodyTimeoutError,
  RequestNotBrokeredError,
  RequestOutsideScopeError,
  StaleRecordingError,
  TruncatedRecordingError,
  UnusedInteractionsError,
  UpgradeNotRecordedError,
} from './core/errors.js';
export { fingerprint, type RequestFingerprint } from './core/fingerprint.js';
export {
  type HeaderPair,
  Interaction,
  type InteractionInit,
  type InteractionRequest,
  type ResponseChunk,
} from './core/interaction.js';
export type { LiveResponder } from './core/live-responder.js';
export type { MetadataPair } from './core/metadata.js';
export type { Difference, MissReason, NearMiss } from './core/miss.js';
export type { Latency } from './core/pace.js';
export type { RequestHead } from './core/recording.js';
export type { Playback } from './core/story.js';
export type { MatchOptions } from './http/matching/match.js';
export type { PassthroughRule, UrlTest } from './http/passthrough.js';
export type { HttpPolicyOptions, RecordedAnswer } from './http/policy.js';
export type { RedactOptions } from './http/redaction/redact.js';
export { type Interposition, type InterpositionReport, installInterposition, interpose } from './install.js';
export { type OpenedCassette, openCassette, type ScopeOptions } from './open-cassette.js';
export type { CassetteOptions, InterpositionOptions } from './options.js';
export { bindScope } from './routing.js';
export { BestEffortCassetteStore, type BestEffortCassetteStoreOptions } from './stores/best-effort.js';
export { BufferedCassetteStore, type BufferedCassetteStoreOptions } from './stores/buffered.js';
export { JsonFileCassetteStore, type JsonFileCassetteStoreOptions } from './stores/json-file.js';
export { MemoryCassetteStore, type MemoryCassetteStoreOptions } from './stores/memory.js';
export { RetryingCassetteStore, type RetryingCassetteStoreOptions } from './stores/retrying.js';
export { withCassette } from './with-cassette.js';
