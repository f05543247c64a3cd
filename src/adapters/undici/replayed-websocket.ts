import { monotonicNow } from '../../core/clock.js';
import type { Interaction } from '../../core/interaction.js';
import { paceOf, whenDue } from '../../core/pace.js';
import type { Route } from '../../core/route.js';
import { ReplaySocket } from '../../http/replay-socket.js';
import { type ResponseHead, readResponse } from '../../http/response.js';
import { type Handshake, replayedHead } from '../../websocket/handshake.js';
import { ReplayedConnection } from '../../websocket/replayed.js';
import type { Exchange } from './exchange.js';
import { incoming } from './replayed.js';

/**
 * Connects a program to a recorded WebSocket.
 *
 * @throws InteractionValidationError for a recording that is not one of a WebSocket.
 */
export function replayWebSocket(
  exchange: Exchange,
  interaction: Interaction,
  handshake: Handshake,
  { broker, group }: Route,
): void {
  const { request } = interaction;
  const recorded = readResponse(interaction).head as ResponseHead;
  const head = replayedHead(recorded, request.headers, handshake);
  const socket = new ReplaySocket(request.target.startsWith('https:'));
  const connection = new ReplayedConnection({ socket, interaction, head, broker, group });
  const connect = () => {
    try {
      connection.open();
      exchange.program.upgrade(incoming(head), socket);
    } catch (error) {
      // As live, what the program's handler throws ends its exchange.
      socket.destroy();
      exchange.fail(error);
    }
  };
  const due = paceOf(broker.latency, interaction)?.head;
  const begun = monotonicNow();
  let release = () => {};
  exchange.source = {
    abort: () => {
      release();
      socket.destroy();
      return false;
    },
    resume: () => {},
  };
  socket.whenConnected(() => {
    if (due === undefined) {
      connect();
    } else {
      release = whenDue(begun, due, connect);
    }
  });
}
