import { settledWithin } from '../../core/deadline.js';
import type { Recording } from '../../core/recording.js';
import { Exchange } from './exchange.js';
import { type Call, forward, sentRequest } from './forward.js';
import { isForwarding } from './forwarded.js';
import { LookUp } from './look-up.js';
import { tapBody } from './request-body.js';
import { requestHead, upgradeOf } from './request-head.js';
import { dispatchUpgrade } from './upgrade.js';

/** How long the error of a request waits for its body to be known, where failures are recorded. */
const FAILED_WAIT_MS = 500;

/** Brings a request, which has no connection yet, to the Broker of its route. */
export function dispatchBrokered(call: Call): void {
  const { route, request, options, origin } = call;
  const { broker } = route;
  const head = requestHead(request, origin);
  if (head.action === 'CONNECT' && isForwarding(broker)) {
    call.connect();
    return;
  }
  let passes: boolean;
  try {
    passes = route.passes(head);
  } catch (error) {
    // A rule of the program's. It is asked within `http.request`, which live does not throw.
    new Exchange(request).fail(error);
    return;
  }
  if (passes) {
    broker.countPassedThrough(head);
    call.connect();
  } else if (route.refusal !== undefined) {
    new Exchange(request).fail(route.refusal(head));
  } else if (upgradeOf(request, options) === 'other') {
    dispatchUpgrade(call, head, new Exchange(request));
  } else if (broker.mode === 'record') {
    broker.countMiss(head);
    forwardTapped(call, broker.record(head, { group: route.group }));
  } else {
    new LookUp(call, head).begin();
  }
}

/** In `record`: the request goes out at once, and its body is listened to while it is sent. */
function forwardTapped(call: Call, recording: Recording): void {
  let isKnown = () => {};
  const known = new Promise<void>((resolve) => {
    isKnown = resolve;
  });
  const answered = tapBody(call.request, (bytes) => {
    recording.request = sentRequest(call, bytes);
    isKnown();
  });
  const { bodyWait } = call.route;
  forward(call, recording, {
    answered,
    requestKnown: (failed) =>
      settledWithin(known, failed ? Math.min(bodyWait, FAILED_WAIT_MS) : bodyWait, failed),
  });
}
