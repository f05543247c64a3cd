import { monotonicNow } from '../../core/clock.js';
import type { Interaction } from '../../core/interaction.js';
import { paceOf, whenDue } from '../../core/pace.js';
import { type ResponseHead, readResponse } from '../../http/response.js';
import { replayedHead } from '../../websocket/handshake.js';
import { ReplayedConnection } from '../../websocket/replayed.js';
import type { Exchange } from './exchange.js';
import { type Call, handshakeOf } from './forward.js';
import { headBytes } from './response-bytes.js';

/**
 * Connects a program to a recorded WebSocket.
 *
 * @throws InteractionValidationError for a recording that is not one of a WebSocket.
 */
export function replayWebSocket(call: Call, { socket }: Exchange, interaction: Interaction): void {
  const { broker, group } = call.route;
  const recorded = readResponse(interaction).head as ResponseHead;
  const head = replayedHead(recorded, interaction.request.headers, handshakeOf(call));
  const connection = new ReplayedConnection({ socket, interaction, head, broker, group });
  const connect = () => {
    connection.open();
    socket.give(headBytes(head));
  };
  const due = paceOf(broker.latency, interaction)?.head;
  const begun = monotonicNow();
  socket.whenConnected(() => {
    if (due === undefined) {
      connect();
    } else {
      socket.once('close', whenDue(begun, due, connect));
    }
  });
}
