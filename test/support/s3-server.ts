import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tempFolder } from './temp-folder.js';

/** What unstorage's driver needs to know. */
export interface S3Options {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Server {
  /** For one of its buckets, by number. */
  options(bucket: number): S3Options;
  close(): Promise<void>;
}

interface S3rver {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
  readonly httpServer: { closeAllConnections(): void };
}

type S3rverClass = new (options: object) => S3rver;

/** A server that speaks S3, in this process, with so many empty buckets. */
export async function startS3(buckets: number): Promise<S3Server> {
  const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as S3rverClass;
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: tempFolder(),
    configureBuckets: Array.from({ length: buckets }, (_, number) => ({ name: `bucket-${number}` })),
  });
  const { port } = await server.run();
  return {
    options: (bucket) => ({
      endpoint: `http://127.0.0.1:${port}`,
      bucket: `bucket-${bucket}`,
      region: 'us-east-1',
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
    }),
    close: async () => {
      const closed = server.close();
      server.httpServer.closeAllConnections();
      await closed;
    },
  };
}
