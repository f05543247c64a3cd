import { composingOrigin } from './compose-hook.js';
import { dispatchBrokered, type Router } from './dispatch.js';
import type { Dispatch } from './protocol.js';

/** An interceptor that brokers what the dispatcher it is composed into is asked. */
export function brokeringInterceptor(router: Router): (dispatch: Dispatch) => Dispatch {
  return (dispatch) => {
    const origin = composingOrigin();
    return (options, handler) => dispatchBrokered(dispatch, router, origin, options, handler);
  };
}
