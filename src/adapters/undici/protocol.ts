// What undici's dispatchers and handlers are to each other, as far as this adapter is concerned. undici's own types
// belong to one major version; a program may bring several.

/** Names and values in turn, as undici's parsers give them; an object where HTTP/2 has parsed them. */
export type RawHeaders = readonly (Uint8Array | string | readonly (Uint8Array | string)[])[];

/** What `dispatch` takes, beyond what is not looked at. */
export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path?: string;
  readonly method?: string;
  readonly query?: Record<string, unknown>;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly upgrade?: unknown;
  readonly signal?: unknown;
}

export type Abort = (reason?: unknown) => void;

/** The handlers of undici 5 to 7, and of the built-in fetch of Node 20 to 24. */
export interface LegacyHandler {
  onConnect?(abort: Abort, context?: unknown): void;
  onUpgrade?(statusCode: number, headers: RawHeaders, socket: unknown): unknown;
  onResponseStarted?(): void;
  onHeaders?(statusCode: number, headers: RawHeaders, resume: () => void, statusText: string): unknown;
  onData?(chunk: Uint8Array): unknown;
  onComplete?(trailers: RawHeaders): void;
  onError?(error: unknown): void;
  onBodySent?(...args: unknown[]): unknown;
  onRequestSent?(...args: unknown[]): unknown;
}

/** The handlers of undici 7 and 8, and of the built-in fetch of Node 26. */
export interface ControllerHandler {
  onRequestStart(controller: Controller, context?: unknown): void;
  onRequestUpgrade?(controller: Controller, statusCode: number, headers: unknown, socket: unknown): unknown;
  onResponseStarted?(): void;
  onResponseStart?(
    controller: Controller,
    statusCode: number,
    headers: HeaderRecord,
    statusText?: string,
  ): void;
  onResponseData?(controller: Controller, chunk: Uint8Array): void;
  onResponseEnd?(controller: Controller, trailers: HeaderRecord): void;
  onResponseError?(controller: Controller | null, error: unknown): void;
  onBodySent?(...args: unknown[]): unknown;
  onRequestSent?(...args: unknown[]): unknown;
}

export type HeaderRecord = Record<string, string | string[]>;

/** What a ControllerHandler may do to its exchange. */
export interface Controller {
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason: unknown;
  rawHeaders?: unknown;
  rawTrailers?: unknown;
  pause(): void;
  resume(): void;
  abort(reason?: unknown): void;
}

export type Handler = LegacyHandler | ControllerHandler;

export type Dispatch = (options: DispatchOptions, handler: Handler) => boolean;

export interface DispatcherLike {
  dispatch: Dispatch;
}

/** Would an undici of this version, where it is known, take it for a handler of such a request? */
export function isHandler(
  handler: unknown,
  { method, upgrade }: DispatchOptions,
  version: number | undefined,
): handler is Handler {
  if (typeof handler !== 'object' || handler === null) {
    return false;
  }
  if (isControllerHandler(handler) && (version === undefined || version >= 7)) {
    return true;
  }
  const { onConnect, onError, onUpgrade, onHeaders, onData, onComplete } = handler as LegacyHandler;
  return (
    isFunction(onConnect) &&
    isFunction(onError) &&
    (upgrade || method === 'CONNECT'
      ? isFunction(onUpgrade)
      : isFunction(onHeaders) && isFunction(onData) && isFunction(onComplete))
  );
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

export function isControllerHandler(handler: Handler): handler is ControllerHandler {
  return typeof (handler as ControllerHandler).onRequestStart === 'function';
}
