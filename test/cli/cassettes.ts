import { Cassette, Interaction, JsonFileCassetteStore } from '../../src/index.js';
import type { Project } from '../support/project.js';

export interface Made {
  readonly action?: string;
  readonly target?: string;
  readonly requestHeaders?: readonly (readonly [string, string])[];
  readonly requestBody?: string;
  readonly status?: number;
  readonly type?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array;
  readonly metadata?: readonly (readonly [string, string])[];
}

/** A recording of GET https://api.example.com/users/7, but for what is given. */
export function made({
  action = 'GET',
  target = 'https://api.example.com/users/7',
  ...more
}: Made): Interaction {
  const { body, type = 'application/json', status = 200, headers = [], metadata = [] } = more;
  const { requestHeaders = [['accept', '*/*']], requestBody = '' } = more;
  return new Interaction({
    request: { protocol: 'http', action, target, headers: requestHeaders, body: Buffer.from(requestBody) },
    responseChunks: [
      {
        data: Buffer.from(body),
        sequence: 0,
        metadata: [
          ['status_code', String(status)],
          ['status_text', status === 200 ? 'OK' : ''],
          ['header:content-type', type],
          ...headers.map(([name, value]) => [`header:${name}`, value] as const),
        ],
      },
    ],
    metadata,
  });
}

/** Writes a cassette into a project that has none of that name. Gives the name. */
export async function write(
  project: Project,
  name: string,
  ...interactions: readonly Interaction[]
): Promise<string> {
  const store = new JsonFileCassetteStore(project.path(name), { createIfMissing: true });
  await store.save(new Cassette(interactions));
  await store.flush();
  return name;
}

export async function read(project: Project, name: string): Promise<readonly Interaction[]> {
  return (await new JsonFileCassetteStore(project.path(name)).load()).interactions;
}
