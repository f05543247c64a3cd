import type { Router } from '../../core/route.js';
import { composingDispatcher, hookCompose } from './compose-hook.js';
import { dispatchBrokered } from './dispatch.js';
import { originOf } from './origin.js';
import type { Dispatch } from './protocol.js';

// At load, because `client.compose(interpose(x))` reads `compose` before it calls `interpose`.
hookCompose();

/** An interceptor that brokers what the dispatcher it is composed into is asked. */
export function brokeringInterceptor(router: Router): (dispatch: Dispatch) => Dispatch {
  return (dispatch) => {
    const dispatcher = composingDispatcher();
    const origin = dispatcher && originOf(dispatcher);
    const upstream = { dispatch, dispatcher, origin, version: undefined };
    return (options, handler) => dispatchBrokered(upstream, router, options, handler);
  };
}
