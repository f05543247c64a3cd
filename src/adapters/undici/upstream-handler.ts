import type { LiveSource } from './live.js';
import {
  type Abort,
  type Controller,
  type ControllerHandler,
  type Handler,
  type HeaderRecord,
  isControllerHandler,
  type LegacyHandler,
  type RawHeaders,
} from './protocol.js';

/**
 * The handler that goes to the upstream in the program's place. It speaks the program's own protocol, so that a
 * dispatcher, and whatever is composed around it, takes it the same way.
 */
export function upstreamHandler(program: Handler, live: LiveSource): Handler {
  const handler = isControllerHandler(program)
    ? // One that speaks both protocols is for dispatchers of either.
      {
        ...('onConnect' in program && legacyHandler(live)),
        ...controllerHandler(live),
      }
    : legacyHandler(live);
  for (const event of ['onBodySent', 'onRequestSent', 'onResponseStarted'] as const) {
    // Only where the program listens: undici asks whether it is there.
    if (typeof program[event] === 'function') {
      handler[event] = (...args: unknown[]) => Reflect.apply(program[event] as () => unknown, program, args);
    }
  }
  return handler;
}

function legacyHandler(live: LiveSource): LegacyHandler {
  let abort: Abort = () => {};
  let resume = () => {};
  return {
    onConnect(connectedAbort, context) {
      abort = connectedAbort;
      live.connected({ abort: (reason) => abort(reason), resume: () => resume() }, context);
    },
    onUpgrade: (statusCode, raw, socket) => live.upgraded({ statusCode, raw, statusText: '' }, socket),
    onHeaders(statusCode: number, raw: RawHeaders, upstreamResume: () => void, statusText: string) {
      resume = upstreamResume;
      return live.head({ statusCode, raw, statusText });
    },
    onData: (chunk) => live.data(chunk),
    onComplete: (raw) => live.end({ raw }),
    onError: (error) => live.fail(error),
  };
}

function controllerHandler(live: LiveSource): ControllerHandler {
  return {
    onRequestStart(controller: Controller, context) {
      live.connected(
        { abort: (reason) => controller.abort(reason), resume: () => controller.resume() },
        context,
      );
    },
    onRequestUpgrade(controller, statusCode, headers, socket) {
      const parsed = headers as HeaderRecord;
      live.upgraded({ statusCode, raw: controller.rawHeaders ?? parsed, statusText: '', parsed }, socket);
    },
    onResponseStart(controller: Controller, statusCode: number, parsed: HeaderRecord, statusText = '') {
      const raw = controller.rawHeaders ?? parsed;
      if (!live.head({ statusCode, raw, statusText, parsed })) {
        controller.pause();
      }
    },
    onResponseData(controller, chunk) {
      if (!live.data(chunk)) {
        controller.pause();
      }
    },
    onResponseEnd: (controller, parsed) => live.end({ raw: controller.rawTrailers ?? parsed, parsed }),
    onResponseError: (_controller, error) => live.fail(error),
  };
}
