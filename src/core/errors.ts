import type { InteractionRequest } from './interaction.js';
import type { MissExplanation, MissReason, NearMiss } from './miss.js';
import { printable } from './printable.js';

/** The modes of a Broker. `replay` never goes live, `record` always does, `auto` does on a MISS. */
export type BrokerMode = 'replay' | 'record' | 'auto';

/**
 * The base of every error this library raises: catch it to catch them all.
 * `name` and `code` are literals in each class; `cause` is the error underneath, where there is one.
 */
export abstract class InterpositionError extends Error {
  /** The name of its class. */
  abstract override readonly name: string;
  /** Such as `ERR_INTERACTION_NOT_FOUND`: the same in every release and realm. */
  abstract readonly code: string;

  /** @param message It may quote a cassette: terminals show it without escape sequences. */
  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** What is known about a MISS beyond its request. */
export interface MissContext {
  /** Where the cassette lives, as its store names it. */
  readonly location?: string | undefined;
  /** The Broker's mode, and where it was set. */
  readonly mode?: BrokerMode | undefined;
  readonly modeSource?: string | undefined;
  /** How many interactions the cassette holds. */
  readonly size?: number | undefined;
  readonly explanation?: MissExplanation | undefined;
  /** The explanation, for the message. */
  readonly explanationText?: string | undefined;
  /** Does the request hold what only stands for a secret? Then it cannot be sent as it is. */
  readonly holdsPlaceholder?: boolean | undefined;
  /** Where the connection was recorded, and a message of the program on it was not. */
  readonly message?: MissedMessage | undefined;
}

/** A message that a program sent on a recorded connection, in the place of another. Texts are without secrets. */
export interface MissedMessage {
  /** Which of the program's messages it is, from 1. */
  readonly place: number;
  /** What was recorded in its place; undefined where nothing was. */
  readonly recorded: string | undefined;
  readonly sent: string;
}

/**
 * A MISS in `replay`: the cassette holds no recording that matches the request. Or a program sent a message on a replayed
 * connection that is not the one that was recorded.
 */
export class InteractionNotFoundError extends InterpositionError {
  override readonly name = 'InteractionNotFoundError';
  readonly code = 'ERR_INTERACTION_NOT_FOUND';
  /** The request, without secrets; of a message, the one that asked for its connection. */
  readonly request: InteractionRequest;
  /** Where the cassette lives, as its store names it; undefined where there is no store. */
  readonly location: string | undefined;
  /** The mode in which nothing was sent; undefined where it is not known. */
  readonly mode: BrokerMode | undefined;
  /** Where the mode was set, such as `INTERPOSITION_MODE`. */
  readonly modeSource: string | undefined;
  /** Why; undefined for a protocol that nothing is known of. */
  readonly reason: MissReason | undefined;
  /** The nearest recordings, best first; at most three. */
  readonly nearest: readonly NearMiss[];
  /** Options that would make the request match the nearest recording, as a line to paste. */
  readonly suggestion: string | undefined;

  constructor(request: InteractionRequest, context: MissContext = {}) {
    super(missMessage(request, context));
    this.request = request;
    this.location = context.location;
    this.mode = context.mode;
    this.modeSource = context.modeSource;
    this.reason = context.explanation?.reason;
    this.nearest = context.explanation?.nearest ?? [];
    this.suggestion = context.explanation?.suggestion;
  }
}

function missMessage(request: InteractionRequest, context: MissContext): string {
  if (context.message !== undefined) {
    return missedMessage(request, context, context.message);
  }
  const { location, mode = 'replay', modeSource, size, explanationText } = context;
  const where = location === undefined ? 'the cassette' : `the cassette ${location}`;
  const body = request.body.byteLength === 0 ? '' : ` with a body of ${request.body.byteLength} bytes`;
  const held = size === undefined ? '' : `, which holds ${size} interaction${size === 1 ? '' : 's'}`;
  const from = modeSource === undefined ? '' : ` (set by ${modeSource})`;
  const why = explanationText === undefined ? '' : `\n${explanationText}`;
  const hint = context.holdsPlaceholder ? TO_RECORD_ANEW : TO_RECORD;
  return (
    `MISS: ${request.action} ${request.target}${body} is not in ${where}${held}. ` +
    `The mode is ${mode}${from}, so nothing was sent.${why}\n${hint}`
  );
}

const TO_RECORD =
  'To record it, run once with INTERPOSITION_MODE=auto (adds what is missing) or INTERPOSITION_MODE=record.';
const TO_RECORD_ANEW =
  'To record it, have the program log in anew, with INTERPOSITION_MODE=record: the request holds a placeholder, which ' +
  'stands for a secret that the cassette does not hold.';

function missedMessage(request: InteractionRequest, context: MissContext, message: MissedMessage): string {
  const { location, explanationText } = context;
  const { place, recorded, sent } = message;
  const where = location === undefined ? 'the cassette' : `the cassette ${location}`;
  const why = explanationText === undefined ? '' : `\n${explanationText}`;
  return (
    `MISS: message ${place} of the program on the WebSocket ${request.target} is not what ${where} has there, so ` +
    `the connection was cut.\n  recorded: ${recorded ?? 'nothing more'}\n  sent: ${sent}${why}\n` +
    'To record the connection anew, run once with INTERPOSITION_MODE=record.'
  );
}

/** A recording that is older than `maxAge`, where that is to be an error. */
export class StaleRecordingError extends InterpositionError {
  override readonly name = 'StaleRecordingError';
  readonly code = 'ERR_RECORDING_STALE';
  /** What was asked, without secrets. */
  readonly request: InteractionRequest;
  /** When it was recorded. */
  readonly recordedAt: Date;

  constructor(request: InteractionRequest, recordedAt: Date) {
    super(
      `The recording of ${request.action} ${request.target} is of ${recordedAt.toISOString()}, older than maxAge ` +
        'allows. Record it again: run once with INTERPOSITION_MODE=record.',
    );
    this.request = request;
    this.recordedAt = recordedAt;
  }
}

/** A response that is larger than `maxBodySize` allows: it was stopped, and is not recorded. */
export class BodyTooLargeError extends InterpositionError {
  override readonly name = 'BodyTooLargeError';
  readonly code = 'ERR_BODY_TOO_LARGE';
  /** In bytes, as they come over the wire. */
  readonly maxBodySize: number;

  /** @param request What was asked, as it may be shown. */
  constructor(request: string, maxBodySize: number) {
    super(
      `The response to ${request} has more than ${maxBodySize} bytes, which is what maxBodySize allows: it was ` +
        'stopped, and is not recorded. Raise maxBodySize, or name the request in "passthrough".',
    );
    this.maxBodySize = maxBodySize;
  }
}

/** Recordings that no request of the run used, where that is to be an error. */
export class UnusedInteractionsError extends InterpositionError {
  override readonly name = 'UnusedInteractionsError';
  readonly code = 'ERR_INTERACTIONS_UNUSED';
  /** Where the cassette lives, as its store names it. */
  readonly location: string;
  /** The requests that were recorded, and not made. */
  readonly requests: readonly InteractionRequest[];

  constructor(location: string, requests: readonly InteractionRequest[]) {
    super(unusedMessage(location, requests));
    this.location = location;
    this.requests = requests;
  }
}

const SHOWN = 10;

function unusedMessage(location: string, requests: readonly InteractionRequest[]): string {
  const one = requests.length === 1;
  const lines = requests.slice(0, SHOWN).map(({ action, target }) => `\n  ${action} ${target}`);
  const more = requests.length > SHOWN ? `\n  and ${requests.length - SHOWN} more` : '';
  return (
    `${requests.length} recording${one ? '' : 's'} of the cassette ${location} ${one ? 'was' : 'were'} not used:${lines.join('')}${more}\n` +
    `Delete ${one ? 'it' : 'them'}, or record the cassette anew.`
  );
}

/** A Broker in `record` or `auto` was made without a live responder. Raised by the constructor. */
export class LiveResponderRequiredError extends InterpositionError {
  override readonly name = 'LiveResponderRequiredError';
  readonly code = 'ERR_LIVE_RESPONDER_REQUIRED';
  /** `record` or `auto`. */
  readonly mode: BrokerMode;

  constructor(mode: BrokerMode) {
    super(
      `Mode "${mode}" forwards requests, so the Broker needs a live responder: pass { liveResponder }, ` +
        'or use mode "replay", which never goes live.',
    );
    this.mode = mode;
  }
}

/** A request, a chunk or an interaction that is not well formed; `field` says which part. */
export class InteractionValidationError extends InterpositionError {
  override readonly name = 'InteractionValidationError';
  readonly code = 'ERR_INTERACTION_INVALID';
  /** Such as `request.headers[0]` or `responseChunks`. */
  readonly field: string;

  constructor(field: string, problem: string, options?: ErrorOptions) {
    super(`Invalid interaction: ${field} ${problem}`, options);
    this.field = field;
  }
}

/** How a store's failure is told: the error underneath, and what to do where that is known. */
export interface StoreFailure {
  readonly cause?: unknown;
  /** What is wrong; the cause's own message where left out. */
  readonly problem?: string;
  readonly hint?: string;
}

/** A cassette that is missing, unreadable, corrupt, truncated, too new, or whose store did not answer. */
export class CassetteLoadError extends InterpositionError {
  override readonly name = 'CassetteLoadError';
  readonly code = 'ERR_CASSETTE_LOAD';
  /** The path of its file, or what its store calls it. */
  readonly location: string;

  constructor(location: string, failure: StoreFailure = {}) {
    super(storeMessage('load', location, failure), { cause: printableCause(failure.cause) });
    this.location = location;
  }
}

/** A save that failed. What was on disk before is still there. */
export class CassetteSaveError extends InterpositionError {
  override readonly name = 'CassetteSaveError';
  readonly code = 'ERR_CASSETTE_SAVE';
  /** The path of its file, or what its store calls it. */
  readonly location: string;

  constructor(location: string, failure: StoreFailure = {}) {
    super(storeMessage('save', location, failure), { cause: failure.cause });
    this.location = location;
  }
}

/** An error of JSON.parse quotes what it could not read. */
function printableCause(cause: unknown): unknown {
  return cause instanceof SyntaxError && printable(cause.message) !== cause.message
    ? new SyntaxError(printable(cause.message))
    : cause;
}

function storeMessage(verb: 'load' | 'save', location: string, failure: StoreFailure): string {
  const problem = (failure.problem ?? describe(failure.cause)).replace(/\.$/, '');
  return `Cannot ${verb} the cassette ${location}: ${problem}.${failure.hint ? ` ${failure.hint}` : ''}`;
}

/** An option, an environment variable or a name that cannot be used. */
export class InvalidOptionError extends InterpositionError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'ERR_INVALID_OPTION';
  /** Such as `match.headers` or `INTERPOSITION_MODE`. */
  readonly option: string;

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`Invalid ${option}: ${problem}`, options);
    this.option = option;
  }
}

/** In `auto` and `replay`: a request body that was still open after `bodyWait`, so nothing could be looked up. */
export class RequestBodyTimeoutError extends InterpositionError {
  override readonly name = 'RequestBodyTimeoutError';
  readonly code = 'ERR_REQUEST_BODY_TIMEOUT';
  /** For HTTP the method. */
  readonly action: string;
  /** For HTTP the URL, without secrets. */
  readonly target: string;

  constructor(action: string, target: string, waitMs: number) {
    super(
      `The body of ${action} ${target} is still open after ${waitMs} ms, and a request must be read whole ` +
        'before it can be looked up. Raise `bodyWait`, or use mode "record", where bodies stream through.',
    );
    this.action = action;
    this.target = target;
  }
}

/** A replay reached the place where its recording was cut off, and the caller did not abort there. */
export class TruncatedRecordingError extends InterpositionError {
  override readonly name = 'TruncatedRecordingError';
  readonly code = 'ERR_RECORDING_TRUNCATED';
  /** What was asked, without secrets. */
  readonly request: InteractionRequest;

  constructor(request: InteractionRequest, bytes: number, endedAfterMs: number) {
    super(
      `The recording of ${request.action} ${request.target} ends here: the response was aborted after ` +
        `${bytes} bytes and ${endedAfterMs} ms when it was recorded. Record it again to have it whole.`,
    );
    this.request = request;
  }
}

/** An upgrade other than a WebSocket, or CONNECT, in `replay`: such exchanges are not recorded. */
export class UpgradeNotRecordedError extends InterpositionError {
  override readonly name = 'UpgradeNotRecordedError';
  readonly code = 'ERR_UPGRADE_NOT_RECORDED';
  /** What it asked for, without secrets. */
  readonly target: string;

  constructor(action: string, target: string) {
    super(
      `${action} ${target} asks for an upgraded connection. Those are not recorded: they pass through in modes ` +
        '"record" and "auto", and cannot be answered in mode "replay".',
    );
    this.target = target;
  }
}

/** A request that went past every Broker, and that was stopped before it was sent. */
export class RequestNotBrokeredError extends InterpositionError {
  override readonly name = 'RequestNotBrokeredError';
  readonly code = 'ERR_REQUEST_NOT_BROKERED';
  /** The request's method and target. */
  readonly request: string;

  constructor(request: string, reason: string) {
    super(`${request} was stopped before it was sent, because no Broker can answer it. ${reason}`);
    this.request = request;
  }
}

/** With `outside: 'error'`: a request that was made outside every scope, and that was stopped before it was sent. */
export class RequestOutsideScopeError extends InterpositionError {
  override readonly name = 'RequestOutsideScopeError';
  readonly code = 'ERR_REQUEST_OUTSIDE_SCOPE';
  /** The request's method and target. */
  readonly request: string;

  constructor(request: string) {
    super(
      `${request} was stopped before it was sent: it was made outside every scope, and "outside" is "error". ` +
        'Make it inside withCassette(), or between openCassette() and its close(), or name it in "passthrough".',
    );
    this.request = request;
  }
}

/** An error's own text, without the "Error:" in front. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
