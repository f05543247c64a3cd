import { isUtf8 } from 'node:buffer';
import { Command } from 'commander';
import type { HeaderPair, Interaction } from '../../core/interaction.js';
import { printable, printableLine } from '../../core/printable.js';
import { decodeBody } from '../../http/coding/content-coding.js';
import { headerValue } from '../../http/headers.js';
import { readResponse } from '../../http/response.js';
import { isWebSocket } from '../../http/websocket-protocol.js';
import { messagesOf } from '../../websocket/messages.js';
import { cassetteAt, pickInteraction, readCassette } from '../cassettes.js';
import { EXIT } from '../exit-codes.js';
import type { Verb } from '../program.js';
import type { Terminal } from '../terminal.js';

/** `interposition show`: exchanges as a person reads them; git's textconv. */
export const show: Verb = (terminal, finish) =>
  new Command('show')
    .description(
      'Show one exchange, or all: both heads, and the bodies decoded and pretty-printed. As a textconv of git: ' +
        'interposition show',
    )
    .argument('<cassette>', "the cassette's file or address")
    .argument('[interaction]', 'its number in "interposition ls", or the beginning of its fingerprint')
    .action(async (given: string, name: string | undefined) => {
      const cassette = await readCassette(cassetteAt(given, terminal));
      const shown = name === undefined ? cassette.interactions : [pickInteraction(cassette, name)];
      terminal.out(shown.map((interaction) => exchangeText(interaction, terminal)).join('\n---\n\n'));
      finish(EXIT.done);
    });

function exchangeText(interaction: Interaction, { style }: Terminal): string {
  const { request, recording } = interaction;
  const { interim, head, body, trailers } = readResponse(interaction);
  const lines = [
    style('bold', printableLine(`${request.action} ${request.target}`)),
    ...headerLines(request.headers),
    ...bodyLines([request.body], request.headers),
    '',
  ];
  for (const { statusCode, statusText, headers } of [...interim, ...(head ? [head] : [])]) {
    lines.push(style('bold', printableLine(`${statusCode} ${statusText}`.trim())), ...headerLines(headers));
  }
  const isUpgraded = isWebSocket(request) && head?.statusCode === 101;
  lines.push(...(isUpgraded ? messageLines(interaction) : bodyLines(body, head?.headers ?? [])));
  if (trailers.length > 0) {
    lines.push('', ...headerLines(trailers));
  }
  if (recording.failure !== undefined) {
    lines.push('', style('yellow', printableLine(`It ended with an error: ${recording.failure}`)));
  } else if (recording.truncated) {
    lines.push('', style('yellow', 'The recording ends here: it was cut off.'));
  }
  return `${lines.join('\n')}\n`;
}

function headerLines(headers: readonly HeaderPair[]): string[] {
  return headers.map(([name, value]) => printableLine(`${name}: ${value}`));
}

/** What was said on a WebSocket, one line a message. */
function messageLines({ responseChunks }: Interaction): string[] {
  const lines = messagesOf(responseChunks).map(({ from, type, code, data }) => {
    const text = data.byteLength === 0 ? '' : oneLine(Buffer.from(data));
    return printableLine(
      [`${from}:`, type, code, text].filter((part) => part !== undefined && part !== '').join(' '),
    );
  });
  return ['', ...lines];
}

function oneLine(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : `(${bytes.byteLength} bytes)`;
}

/** Behind an empty line, as over the wire; nothing where there is no body. */
function bodyLines(chunks: readonly Uint8Array[], headers: readonly HeaderPair[]): string[] {
  const plain = Buffer.concat(decodeBody(chunks, headers)?.chunks ?? chunks);
  if (plain.byteLength === 0) {
    return [];
  }
  return ['', printable(bodyText(plain, headerValue(headers, 'content-type') ?? 'an unknown type'))];
}

function bodyText(bytes: Buffer, type: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return `(${bytes.byteLength} bytes of ${type})`;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.trimEnd();
  }
}
